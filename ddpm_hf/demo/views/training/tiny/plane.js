// The plane: points to learn, samples, and what one draws.
import { resize } from "../../../web/canvas.js";

const REACH = 2.6; // the window shows −2.6 to 2.6
const SIDE = 480;
const EVERY = 0.03, // between two points of a stroke
  SPREAD = 0.05;

export class Plane {
  constructor(canvas) {
    this.canvas = canvas;
    this.style = getComputedStyle(canvas);
  }

  // layers: [name of its colour, points, radius].
  draw(...layers) {
    const { canvas } = this,
      context = canvas.getContext("2d"),
      side = Math.round(canvas.clientWidth * devicePixelRatio) || SIDE;
    resize(canvas, side, side);
    context.clearRect(0, 0, side, side);
    for (const [name, xy, radius] of layers) {
      context.fillStyle = this.style.getPropertyValue(`--${name}`);
      context.beginPath();
      for (let k = 0; k < xy.length; k += 2) {
        const x = ((xy[k] + REACH) / (2 * REACH)) * side,
          y = ((REACH - xy[k + 1]) / (2 * REACH)) * side;
        context.moveTo(x, y);
        context.arc(x, y, (radius * side) / SIDE, 0, 7);
      }
      context.fill();
    }
  }

  #under(event) {
    const box = this.canvas.getBoundingClientRect(),
      share = (at, from, extent) => ((at - from) / extent) * 2 * REACH - REACH;
    return [
      share(event.clientX, box.left, box.width),
      -share(event.clientY, box.top, box.height),
    ];
  }

  // add(points) is called with what the reader draws: points along each stroke.
  listen(add) {
    let last = null;
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      last = this.#under(event);
      add(strokeOf(last, last));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      const here = this.#under(event);
      if (Math.hypot(here[0] - last[0], here[1] - last[1]) < EVERY) return;
      add(strokeOf(last, here));
      last = here;
    });
  }
}

function strokeOf(from, to) {
  const count = Math.max(1, Math.round(Math.hypot(to[0] - from[0], to[1] - from[1]) / EVERY)),
    jitter = () => SPREAD * (Math.random() - 0.5);
  return Array.from({ length: count }, (_, i) =>
    from.map((start, axis) => start + ((to[axis] - start) * (i + 1)) / count + jitter()),
  ).flat();
}
