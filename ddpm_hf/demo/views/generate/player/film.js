// The filmstrip: some frames as buttons, x_t above and x̂_0 below.
import { put, resize } from "./grid.js";

const THUMBNAILS = 9;

// The frames that it has buttons for, evenly from the first to the last of `total`.
export function thumbnails(total) {
  const count = Math.min(THUMBNAILS, total);
  return Array.from({ length: count }, (_, i) =>
    Math.round((i * (total - 1)) / Math.max(1, count - 1)),
  );
}

export class Film {
  // seek(index) is called with the frame that the reader chose.
  constructor({ part }, seek) {
    this.node = part("filmstrip");
    this.seek = seek;
  }

  begin(run, total) {
    this.node.dataset.run = run;
    this.node.hidden = false;
    this.node.replaceChildren(...thumbnails(total).map((index) => this.#button(index)));
  }

  #button(index) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.frame = index;
    button.disabled = true;
    button.append(document.createElement("canvas"), document.createElement("span"));
    button.addEventListener("click", () => this.seek(index));
    return button;
  }

  // Draws what is there by now, and has not been drawn for the image that is shown alone.
  draw(shape, frames, alone) {
    for (const button of this.node.children) {
      const frame = frames[button.dataset.frame],
        drawn = `${alone}`;
      if (!frame || button.dataset.drawn === drawn) continue;
      button.dataset.drawn = drawn;
      button.disabled = false;
      const canvas = button.firstChild,
        context = canvas.getContext("2d");
      resize(canvas, shape.width, 2 * shape.height);
      put(context, shape, frame.noisy, alone ?? 0, 0, 0);
      put(context, shape, frame.predicted, alone ?? 0, 0, shape.height);
      button.lastChild.textContent = `t=${frame.t}`;
    }
  }

  mark(index) {
    for (const button of this.node.children)
      button.setAttribute("aria-pressed", Number(button.dataset.frame) === index);
  }
}
