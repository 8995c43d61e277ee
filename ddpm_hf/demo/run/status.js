// Where the view's `run` stands: {total, frames, complete, ended}, or null before the first.
let waiting = false; // for the first frames of a run that was started
let saving = false; // a run becomes a file, on the server

function tellStatus() {
  let words = text.idle;
  if (waiting) words = text.waiting;
  else if (saving) words = text.saving;
  else if (run?.complete) words = text.done;
  else if (run?.ended) words = text.stopped;
  else if (run) words = text.sampling.replace("{percent}", Math.round((100 * run.frames.length) / run.total));
  part("status").textContent = words;
}

function hear(name, change) {
  window.addEventListener(name, (event) => {
    if (!element.closest(`#${event.detail}`)) return;
    change();
    tellStatus();
  });
}

hear("run-wait", () => { waiting = true; });
hear("run-end", () => {
  waiting = false;
  if (run) run.ended = true;
});
hear("save-wait", () => { saving = true; });
hear("save-end", () => { saving = false; });
