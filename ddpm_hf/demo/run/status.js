// Where the view's `run` stands: {total, frames, complete, ended}, or null before the first.
let waiting = false; // for the first frames of a run that was started

function tellStatus() {
  let words = text.idle;
  if (waiting) words = text.waiting;
  else if (run?.complete) words = text.done;
  else if (run?.ended) words = text.stopped;
  else if (run) words = text.sampling.replace("{percent}", Math.round((100 * run.frames.length) / run.total));
  part("status").textContent = words;
}

const isMine = (event) => element.closest(`#${event.detail}`);

window.addEventListener("run-wait", (event) => {
  if (!isMine(event)) return;
  waiting = true;
  tellStatus();
});

window.addEventListener("run-end", (event) => {
  if (!isMine(event)) return;
  waiting = false;
  if (run) run.ended = true;
  tellStatus();
});
