// The images of a run as a grid, or one of them alone.
import { imageOf } from "../../../web/canvas.js";

const columnsOf = (count) => Math.ceil(Math.sqrt(count));

// {columns, rows} of a grid for so many images.
export function gridOf(count) {
  const columns = columnsOf(count);
  return { columns, rows: Math.ceil(count / columns) };
}

// The image at a point of the grid, whose coordinates go from 0 to 1; null where there is none.
export function imageAt(count, x, y) {
  const { columns, rows } = gridOf(count);
  const n = Math.floor(y * rows) * columns + Math.floor(x * columns);
  return n < count ? n : null;
}

// Puts image n of those in `pixels`, RGB one after the other, at (x, y).
export function put(context, { width, height }, pixels, n, x, y) {
  const size = width * height * 3;
  context.putImageData(imageOf(width, height, pixels.subarray(n * size, (n + 1) * size)), x, y);
}

export function resize(canvas, width, height) {
  if (canvas.width === width && canvas.height === height) return;
  canvas.width = width;
  canvas.height = height;
  canvas.style.aspectRatio = `${width} / ${height}`;
}

// shape: {count, width, height} of the run. alone: the only image to draw, or null for all.
export function drawGrid(canvas, shape, pixels, alone) {
  const numbers = alone === null ? Array.from({ length: shape.count }, (_, n) => n) : [alone];
  const { columns, rows } = gridOf(numbers.length),
    { width, height } = shape;
  resize(canvas, columns * width, rows * height);
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height); // another run may have had more images
  numbers.forEach((n, i) => {
    put(context, shape, pixels, n, (i % columns) * width, Math.floor(i / columns) * height);
  });
}

// All images of a run as one, on white: {width, height, rgb}.
export function tiled({ count, width, height }, pixels) {
  const { columns, rows } = gridOf(count),
    rgb = new Uint8Array(3 * columns * width * rows * height).fill(255);
  for (let n = 0; n < count; n++)
    for (let y = 0; y < height; y++) {
      const from = 3 * width * (n * height + y),
        row = Math.floor(n / columns) * height + y;
      rgb.set(pixels.subarray(from, from + 3 * width), 3 * width * (row * columns + (n % columns)));
    }
  return { width: columns * width, height: rows * height, rgb };
}

const LEAST_SIDE = 512; // of a picture to keep

// The canvas with each pixel as a square of pixels, large enough to be used elsewhere.
export function enlarged(canvas) {
  const scale = Math.ceil(LEAST_SIDE / Math.min(canvas.width, canvas.height)),
    large = document.createElement("canvas");
  resize(large, scale * canvas.width, scale * canvas.height);
  const context = large.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  return large;
}
