// What the reader keeps of a run, made of the frames in the page: its images, and the way to them as a
// moving picture, as animation.py makes it.
import { drawGrid, enlarged, tiled } from "./grid.js";

const LEAST_SIDE = 128; // of an image in a moving picture
const LAST_MS = 2000; // its last frame stands for so long
const SUFFIXES = { gif: ".gif", apng: ".png" }; // of the kinds, each with a module of its own
const PARTS = ["save", ...Object.keys(SUFFIXES)];

// x_t of all images, frame by frame, as apng.js takes it. shape: {count, width, height} of the run.
export function filmOf(shape, frames, framesPerSecond) {
  const there = frames.filter(Boolean), // a slow network loses some
    sheets = there.map(({ noisy }) => tiled(shape, noisy));
  return {
    ...sheets[0],
    scale: Math.ceil(LEAST_SIDE / Math.min(shape.width, shape.height)),
    frames: sheets.map(({ rgb }) => rgb),
    durations: there.map((_, i) => (i < there.length - 1 ? 1000 / framesPerSecond : LAST_MS)),
  };
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // when the browser has it
}

export class Keep {
  #run = null; // {shape, frames, framesPerSecond, seed} of the run on show

  // saving(isSaving) is called when a moving picture is begun and when it is there.
  constructor({ part }, saving) {
    this.part = part;
    for (const kind of Object.keys(SUFFIXES))
      part(kind).addEventListener("click", async () => {
        saving(true);
        await this.#save(kind).finally(() => saving(false));
      });
  }

  withdraw() {
    for (const name of PARTS) this.part(name).hidden = true;
  }

  // All frames of a run are there: {shape, frames, framesPerSecond, seed}.
  offer(run) {
    const { shape, frames } = run,
      canvas = document.createElement("canvas");
    this.#run = run;
    drawGrid(canvas, shape, frames.at(-1).noisy, null);
    this.part("save").href = enlarged(canvas).toDataURL("image/png");
    for (const name of PARTS) this.part(name).hidden = false;
  }

  async #save(kind) {
    const { shape, frames, framesPerSecond, seed } = this.#run,
      { [kind]: make } = await import(`../../../web/moving/${kind}.js`);
    download(await make(filmOf(shape, frames, framesPerSecond)), `ddpm-${seed}${SUFFIXES[kind]}`);
  }
}
