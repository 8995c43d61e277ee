// The frames of a run, and the canvases that show them. Frames arrive in chunks while the server
// samples; everything else happens here: scrubbing, playing and speed ask nothing of the server.
const SCREENS = ["noisy", "predicted", "noise"];

let run = null; // {id, frames: [{t, noisy, predicted, noise}], total, course, shape...}
let position = 0; // the frame on show
let alone = null; // the picture shown alone, or null for all of them

// Put picture n of those in `pixels`, RGB one after the other, at (x, y).
function put(context, pixels, n, x, y) {
  const { width, height } = run, size = width * height * 3;
  context.putImageData(imageOf(width, height, pixels.subarray(n * size, (n + 1) * size)), x, y);
}

function resize(canvas, width, height) {
  if (canvas.width === width && canvas.height === height) return;
  canvas.width = width;
  canvas.height = height;
  canvas.style.aspectRatio = `${width} / ${height}`;
}

const shown = () => (alone === null ? Array.from({ length: run.count }, (_, n) => n) : [alone]);
const columnsOf = (count) => Math.ceil(Math.sqrt(count));

// Draw the pictures as a grid, or the one that is shown alone.
function draw(canvas, pixels) {
  const { width, height } = run, numbers = shown();
  const columns = columnsOf(numbers.length), rows = Math.ceil(numbers.length / columns);
  resize(canvas, columns * width, rows * height);
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height); // another run may have had more pictures
  numbers.forEach((n, i) => {
    put(context, pixels, n, (i % columns) * width, Math.floor(i / columns) * height);
  });
}

function receive(chunk) {
  const isNew = !run || run.id !== chunk.run;
  if (isNew) {
    const { run: id, count, width, height, total, course } = chunk;
    run = { id, frames: [], complete: false, ended: false, count, width, height, total, course };
  }
  const bytes = bytesOf(chunk.data);
  const size = run.count * run.width * run.height * 3;
  chunk.t.forEach((t, i) => {
    const frame = { t };
    SCREENS.forEach((name, k) => {
      const start = (SCREENS.length * i + k) * size;
      frame[name] = bytes.subarray(start, start + size);
    });
    run.frames.push(frame);
  });
  run.complete = run.ended = run.frames.length >= run.total;
  element.dataset.frames = run.frames.length;
  element.dataset.complete = run.complete;
  return isNew;
}
