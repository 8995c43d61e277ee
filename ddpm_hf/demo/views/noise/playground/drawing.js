// The plane with its points, the particles, and the paths of a few of them.
import { resize } from "../../../web/canvas.js";

const REACH = 3.2; // the window shows −3.2 to 3.2
const SIDE = 480; // of a canvas on which a unit is a pixel
const TRACKED = 5;
const TAIL = 40; // steps after which a path has faded

export class Drawing {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.style = getComputedStyle(canvas.parentElement); // follows the page's colours
  }

  ink(name) {
    return this.style.getPropertyValue(`--${name}`);
  }

  px(v) {
    return ((v + REACH) / (2 * REACH)) * this.canvas.width;
  }

  py(v) {
    return this.canvas.width - this.px(v);
  }

  // radius(k): of the dot whose x is at index k.
  dots(name, xy, radius) {
    const { context } = this,
      unit = this.canvas.width / SIDE;
    context.fillStyle = this.ink(name);
    context.beginPath();
    for (let k = 0; k < xy.length; k += 2) {
      const r = radius(k) * unit,
        x = this.px(xy[k]),
        y = this.py(xy[k + 1]);
      context.moveTo(x + r, y);
      context.arc(x, y, r, 0, 7);
    }
    context.fill();
  }

  // A stroke of each tracked particle, paler with its age in steps.
  strokes(name, from, to, age) {
    const { context } = this;
    context.strokeStyle = this.ink(name);
    context.globalAlpha = Math.max(0.05, 1 - age / TAIL);
    context.beginPath();
    for (let k = 0; k < 2 * TRACKED; k += 2) {
      context.moveTo(this.px(from[k]), this.py(from[k + 1]));
      context.lineTo(this.px(to[k]), this.py(to[k + 1]));
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  paths({ frames, means, K }, p) {
    this.context.lineWidth = (1.5 * this.canvas.width) / SIDE;
    for (let q = p <= K ? 1 : K + 1; q <= p; q++) {
      if (p <= K) this.strokes("walk", frames[q - 1], frames[q], p - q);
      else {
        this.strokes("direction", frames[q - 1], means[q], p - q);
        this.strokes("disturbance", means[q], frames[q], p - q);
      }
    }
  }

  draw(particles, p) {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio) || SIDE;
    resize(this.canvas, side, side);
    this.context.clearRect(0, 0, side, side);
    this.dots("point", particles.points, () => 1.2);
    this.paths(particles, p);
    this.dots("particle", particles.frames[p], (k) => (k < 2 * TRACKED ? 4 : 2));
  }
}
