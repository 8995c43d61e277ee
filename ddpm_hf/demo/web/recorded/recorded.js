// A run that was recorded beforehand, to be seen until the reader starts one; see record.py.
import { joined } from "../binary.js";
import { isStill } from "../page.js";
import { pixelsOf } from "../sheet.js";

export const RECORDED = "recorded"; // in the place of a run's id
export const RECORDED_FRAMES_PER_SECOND = 10; // it has few

// The run of a view, all its frames in one chunk.
export async function recorded(name) {
  const response = await fetch(new URL(`${name}.run.json`, import.meta.url)),
    { before, last, chunk } = await response.json();
  const parts = await Promise.all([
    pixelsOf(before, "image/webp", chunk),
    pixelsOf(last, "image/png", chunk),
  ]);
  return { ...chunk, run: RECORDED, data: joined(parts) };
}

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
