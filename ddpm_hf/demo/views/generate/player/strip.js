// Under the timeline: the schedule along the run, with a cursor at t.
import { linearAxis } from "../../../web/axes.js";
import { Area } from "../../../web/chart.js";

const LINES = ["root_alpha_bar", "sigma", "weight_xt", "weight_x0"];
const BOX = { width: 1000, height: 100, left: 0, right: 0, top: 3, bottom: 3 };

export class Strip {
  #course = null;
  #area = null;

  // seek(index) is called where the reader points at a frame.
  constructor({ part }, seek) {
    this.part = part;
    this.svg = part("strip");
    this.svg.addEventListener("pointerdown", (event) =>
      seek(Math.round(this.#area.under(event, this.svg))),
    );
  }

  // course: for each frame but the last, the values of the lines; null if it is not known.
  // The strip is as wide as the timeline: frame i stands at i of total − 1.
  draw(course, total) {
    this.#course = course;
    this.part("course").hidden = !course;
    if (!course) return;
    const top = Math.max(1, ...LINES.flatMap((name) => course[name]));
    this.#area = new Area(BOX, linearAxis(0, total - 1), linearAxis(0, top));
    for (const name of LINES) {
      const d = this.#area.path(course[name].keys(), course[name]);
      this.svg.querySelector(`[data-line=${name}]`).setAttribute("d", d);
    }
  }

  move(index) {
    if (!this.#course) return;
    this.#area.stand(this.part("cursor"), index);
    for (const name of LINES) {
      const value = this.#course[name][index]; // the last frame, the image itself, takes no step
      this.part("course").querySelector(`[data-value=${name}]`).textContent =
        value?.toFixed(3) ?? "";
    }
  }
}
