// A run that was recorded beforehand, to be seen until the reader starts one; see record.py.
import { bytesOf, joined } from "../binary.js";

export const RECORDED = "recorded"; // in the place of a run's id
export const RECORDED_FRAMES_PER_SECOND = 10; // it has few

// A sheet's frames, as RGB bytes: picture by picture, each row by row.
async function framesOf(file, type, { width, height }) {
  const image = await createImageBitmap(new Blob([bytesOf(file)], { type }), {
    colorSpaceConversion: "none",
  });
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d", {
    willReadFrequently: true,
  });
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height),
    bytes = new Uint8Array((data.length / 4) * 3);
  let to = 0;
  for (let top = 0; top < image.height; top += height)
    for (let left = 0; left < image.width; left += width)
      for (let y = top; y < top + height; y++)
        for (let x = left; x < left + width; x++) {
          const from = 4 * (y * image.width + x);
          for (let c = 0; c < 3; c++) bytes[to++] = data[from + c];
        }
  return bytes;
}

// The run of a view, all its frames in one chunk.
export async function recorded(name) {
  const response = await fetch(new URL(`${name}.run.json`, import.meta.url)),
    { before, last, chunk } = await response.json();
  const parts = await Promise.all([
    framesOf(before, "image/webp", chunk),
    framesOf(last, "image/png", chunk),
  ]);
  return { ...chunk, run: RECORDED, data: joined(parts) };
}

export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Plays a view's recorded run once, or shows its end where motion is unwelcome; nothing if the reader
// has started one by then. screen: {run, player, begin, keep}, as a run's chunks are shown by.
export async function showFirst(screen, name) {
  const chunk = await recorded(name),
    { player } = screen;
  if (!screen.run.isIdle) return;
  screen.begin(chunk);
  screen.keep(chunk);
  player.load(chunk.total);
  if (isStill()) player.seek(chunk.total - 1);
  else player.play();
}
