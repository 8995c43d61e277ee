// The line that says where a run is, and how long a step takes.
const REASONS = ["BrowserError", "FileError", "UnknownModelError", "WorkerError"];

// The key of the sentence about what kept a run from the browser.
const reasonOf = ({ name }) => (REASONS.includes(name) ? name : "WorkerError");

export class Pace {
  #place = "there";
  #reason = null; // what kept a run from the browser
  #first = null; // {time, frames} when the first frames were there

  // view: as `viewOf` gives it, with the part `place`.
  constructor(view) {
    this.view = view;
    this.line = Object.assign(document.createElement("span"), { className: "subdued" });
    view.part("place").append(this.line);
  }

  // place: "here" or "there". error: what kept the run from being here.
  at(place, error = null) {
    this.#place = place;
    this.#reason = error && reasonOf(error);
    this.#first = null;
    this.#write(null);
  }

  // Frames are there, `frames` of `total`, of a run of so many steps.
  count({ frames, total }, steps) {
    const time = performance.now();
    this.#first ??= { time, frames };
    const done = (steps * (frames - this.#first.frames)) / (total - 1);
    this.#write(done ? (time - this.#first.time) / done : null);
  }

  #write(ms) {
    const { text, say, language } = this.view;
    const sentences = [
      text[this.#place],
      ms === null ? "" : say("pace", { ms: ms < 10 ? ms.toFixed(1) : Math.round(ms) }),
      this.#reason ? text[this.#reason] : "",
    ];
    this.line.textContent = sentences.filter(Boolean).join(language === "zh" ? "" : " ");
  }
}
