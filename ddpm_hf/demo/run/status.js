// Where the view's `run` stands: {total, frames, complete, ended}, or null before the first.
let waiting = false; // for the first frames of a run that was started
let saving = false; // a run becomes a file, on the server
let link = null; // the address of the run that was started, if it has one, until frames come

function tellStatus() {
  let words = text.idle, percent = 0;
  if (waiting) words = text.waiting;
  else if (saving) words = text.saving;
  else if (run?.complete) words = text.done;
  else if (run?.ended) words = text.stopped;
  else if (run) [words, percent] = [text.sampling, (100 * run.frames.length) / run.total];
  part("status").textContent = words.replace("{percent}", Math.round(percent));
  // A screen reader speaks whenever this is written: at each tenth is often enough.
  const spoken = words.replace("{percent}", 10 * Math.floor(percent / 10));
  if (part("spoken").textContent !== spoken) part("spoken").textContent = spoken;
}

// Frames came, so the run was not refused: its link becomes the page's address, in the view that
// is open by now.
function tellFrames() {
  if (link) {
    element.dataset.link = link;
    const address = new URL(link), view = new URL(location).searchParams.get("tab");
    if (view) address.searchParams.set("tab", view);
    history.replaceState(null, "", address);
    link = null;
  }
  waiting = false;
  tellStatus();
}

function hear(name, change) {
  window.addEventListener(name, ({ detail }) => {
    if (!element.closest(`#${detail.screen}`)) return;
    change(detail);
    tellStatus();
  });
}

hear("run-wait", (start) => {
  waiting = true;
  link = start.link;
});
hear("run-end", () => {
  waiting = false;
  if (run) run.ended = true;
});
hear("save-wait", () => { saving = true; });
hear("save-end", () => { saving = false; });
