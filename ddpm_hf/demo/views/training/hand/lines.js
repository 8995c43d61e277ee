// The lines of an algorithm, of which one is lit, and the pictures that are there by then.
import { paint } from "../../../web/canvas.js";
import { toPixels } from "../../../web/engine/pixels.js";

export class Lines {
  // root: the algorithm's section. reached: {line: the figures that it makes}, in their order.
  constructor(root, reached) {
    Object.assign(this, { root, reached });
  }

  // The line `name`; pictures of later lines are pale. At a line that is not among them all are there.
  light(name) {
    for (const line of this.root.querySelectorAll(".lines [data-line]")) {
      line.classList.toggle("lit", line.dataset.line === name);
      if (line.dataset.line === name) line.setAttribute("aria-current", "step");
      else line.removeAttribute("aria-current");
    }
    const lines = Object.keys(this.reached),
      at = lines.includes(name) ? lines.indexOf(name) : lines.length;
    lines.forEach((line, k) => {
      for (const figure of this.reached[line])
        this.#figure(figure).classList.toggle("later", k > at);
    });
  }

  // x: one picture, channels first. reach: what is drawn white; 1 for pictures, 3 for noise.
  draw(name, x, shape, reach = 1) {
    const canvas = this.#figure(name).querySelector("canvas"),
      { width, height } = shape;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", this.#figure(name).querySelector("figcaption").textContent);
    paint(
      canvas,
      width,
      height,
      toPixels(
        x.map((value) => value / reach),
        shape,
      ),
    );
  }

  #figure(name) {
    return this.root.querySelector(`[data-figure=${name}]`);
  }
}
