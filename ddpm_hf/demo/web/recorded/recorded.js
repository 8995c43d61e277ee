// A run that was recorded beforehand, to be seen until the reader starts one; see record.py.
import { bytesOf, joined } from "../binary.js";

export const RECORDED = "recorded"; // in the place of a run's id
export const RECORDED_FRAMES_PER_SECOND = 10; // it has few

// A sheet's frames, as RGB bytes: picture by picture, each row by row.
async function framesOf(file, type, pictures, { width, height }) {
  const bitmap = await createImageBitmap(new Blob([bytesOf(file)], { type }), {
    colorSpaceConversion: "none",
  });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height),
    context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const parts = [];
  for (let y = 0; y < bitmap.height; y += height)
    for (let n = 0; n < pictures; n++) {
      const { data } = context.getImageData(n * width, y, width, height);
      parts.push(Uint8Array.from(data.filter((_, i) => i % 4 < 3)));
    }
  return parts;
}

// The run of a view, all its frames in one chunk.
export async function recorded(name) {
  const response = await fetch(new URL(`${name}.run.json`, import.meta.url)),
    { before, last, pictures, chunk } = await response.json();
  const parts = await Promise.all([
    framesOf(before, "image/webp", pictures, chunk),
    framesOf(last, "image/png", pictures, chunk),
  ]);
  return { ...chunk, run: RECORDED, data: joined(parts.flat()) };
}

const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Plays once what a FramePlayer has just been given, or shows its end where motion is unwelcome.
export function playOnce(player, total) {
  player.load(total);
  if (isStill()) player.seek(total - 1);
  else player.play();
}
