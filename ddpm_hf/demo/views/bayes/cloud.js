// The sampled pairs as a cloud: x_s across, as in the other drawings, x_t up; the slit is a bright line.
import { resize } from "../../web/canvas.js";
import { MARGIN, RANGE } from "./scale.js";

const HEIGHT = 150;
const [LOW, HIGH] = RANGE;
const DARKEST = 12; // so many pairs in a pixel are drawn in full

// "#3b82f6" or "rgb(59, 130, 246)" → [59, 130, 246].
const rgbOf = (colour) => {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data;
};

function counted({ xs, xt }, width) {
  const counts = new Uint16Array(width * HEIGHT),
    place = (v) => (v - LOW) / (HIGH - LOW);
  for (let i = 0; i < xs.length; i++) {
    const x = Math.floor(place(xs[i]) * width),
      y = Math.floor((1 - place(xt[i])) * HEIGHT);
    if (x >= 0 && x < width && y >= 0 && y < HEIGHT) counts[y * width + x]++;
  }
  return counts;
}

// at, half: the middle of the slit, and half its width.
export function drawCloud(canvas, pairs, at, half) {
  const style = getComputedStyle(canvas),
    width = Math.round(canvas.parentElement.clientWidth - MARGIN.left - MARGIN.right);
  resize(canvas, width, HEIGHT);
  const image = new ImageData(width, HEIGHT),
    [ink, bright] = ["--ink", "--slit"].map((name) => rgbOf(style.getPropertyValue(name)));
  const counts = counted(pairs, width);
  const isIn = (y) =>
    Math.abs(HIGH - ((HIGH - LOW) * (y + 0.5)) / HEIGHT - at) <= Math.max(half, 0.02);
  for (let i = 0; i < counts.length; i++) {
    const inSlit = isIn(Math.floor(i / width)),
      alpha = Math.min(1, counts[i] / DARKEST) * 255;
    image.data.set(inSlit ? bright : ink, 4 * i);
    image.data[4 * i + 3] = inSlit ? Math.max(90, alpha) : alpha;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
