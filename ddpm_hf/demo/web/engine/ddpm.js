// Sampling from a DDPM in the browser: diffusers' own files, run by WebAssembly in Web Workers.
//
//   import { load } from "./ddpm.js";
//   const model = await load("models/cats-32/");
//   const { pixels, count, width, height } = await model.sample({ seed: 0, number: 4, steps: 50 });
//   for await (const step of model.stream({ seed: 0, steps: 50 })) …
//
// The pictures are those of ddpm_hf's `pipe(4, torch.Generator().manual_seed(0), 50)` to a grey
// level. Python works the schedule out: models/NAME/plans/50-even.json. What can go wrong has a
// class in errors.js; the settings of `sample` and `stream` stand at `checked`.
import { readConfig, readScheduler } from "./config.js";
import { BrowserError } from "./errors.js";
import { readJson, readWeights } from "./files.js";
import { toPixels } from "./pixels.js";
import { Pool, workersFor } from "./pool.js";
import { running } from "./run.js";
import { TorchNormal } from "./noise.js";

export * from "./errors.js";
export { imageSeed } from "./seeds.js";
export { qSample } from "./equations.js";
export { toPixels };

// torch.randn(n, generator=torch.Generator().manual_seed(seed)), in any shape of n numbers.
export const normal = (seed, n) => new TorchNormal(seed).draw(n);

const DEFAULTS = { seed: 0, steps: 100, spacing: "even", noise_scale: 1, guidance_scale: 1 };

async function compiled() {
  const url = new URL("./kernels.wasm", import.meta.url);
  const bytes = await (await fetch(url)).arrayBuffer();
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(bytes))
    throw new BrowserError("This browser has no WebAssembly with SIMD.");
  return WebAssembly.compile(bytes);
}

class Model {
  #base;
  #scheduler;
  #pool;
  #plans = new Map();

  constructor(base, index, config, scheduler, parts) {
    this.#base = base;
    this.#scheduler = scheduler;
    this.#pool = new Pool(parts);
    const names = Object.keys(index.id2label ?? {}).length,
      classes = config.num_class_embeds ?? 0;
    // How many classes can be asked for, and the one that stands for none, or null.
    this.classes = names || classes;
    this.nullClass = classes > this.classes ? this.classes : null;
    [this.height, this.width] = config.sample_size;
    this.channels = config.in_channels;
  }

  // Workers that wait for a run of so many pictures. Rejects where a run would.
  async warm(pictures = 1) {
    this.#pool.give(await this.#pool.take(workersFor(pictures)));
  }

  // Ends all workers; the model can't be used any more.
  close() {
    this.#pool.close();
  }

  // Python's plan of this name: `50-even`, `50-quadratic`, or `from-700`.
  plan(name, signal) {
    if (!this.#plans.has(name)) {
      const plan = readJson(new URL(`plans/${name}.json`, this.#base).href, signal);
      this.#plans.set(name, plan);
      plan.catch(() => this.#plans.delete(name));
    }
    return this.#plans.get(name);
  }

  // Pictures, as RGB: {pixels, count, width, height}.
  async sample(settings = {}) {
    let last;
    for await (const step of this.stream(settings)) last = step.sample;
    const { width, height } = this;
    const pixels = toPixels(last, this);
    return { pixels, count: pixels.length / (3 * width * height), width, height };
  }

  // The steps of a run: {index, total, t, x_t, x_0, z_hat, sample, count, channels, height, width}:
  // t is the paper's, of x_t; x_t before the step, x̂_0, ẑ, and `sample` after it: Float32Arrays,
  // (count, channels, height, width). To leave the loop ends the run; so does `signal`, at once.
  async *stream(settings = {}) {
    const job = await this.#checked(settings);
    const { channels, height, width } = this;
    const shape = { count: job.number, total: job.plan.timesteps.length, channels, height, width };
    for await (const step of running(this.#pool, job, settings.signal)) yield { ...step, ...shape };
  }

  // seed: a number for the batch, or a list with one for each picture, as diffusers' generators.
  // number: of pictures. steps, spacing ("even" or "quadratic"): of the plan, or `plan` itself.
  // variance ("small", "large" or "none"), noise_scale, class_label: one for all or one for each;
  // no class_label: any class. latents: x_T, of all pictures, or of one for all.
  async #checked(settings) {
    const given = Object.fromEntries(Object.entries(settings).filter(([, v]) => v !== undefined));
    const all = { ...DEFAULTS, variance: this.#scheduler.variance, ...given };
    const { seed, steps, spacing, signal, noise_scale, guidance_scale, variance, latents } = all,
      { number = Array.isArray(seed) ? seed.length : 1, class_label = this.nullClass } = all,
      plan = all.plan ?? (await this.plan(`${steps}-${spacing}`, signal)),
      one = this.channels * this.height * this.width;
    if (this.classes && class_label === null)
      throw new RangeError("This model draws by class: give class_label.");
    if (guidance_scale !== 1 && this.nullClass === null)
      throw new RangeError("This model was not trained for guidance: leave guidance_scale at 1.");
    if (latents && latents.length !== one && latents.length !== number * one)
      throw new RangeError(
        `latents must have ${number * one} or ${one} numbers; got ${latents.length}.`,
      );
    return {
      seed,
      number,
      plan,
      noise_scale,
      guidance_scale,
      variance,
      class_label,
      latents: latents?.length === one ? repeated(latents, number) : latents,
      shape: [this.channels, this.height, this.width],
      null_class: this.nullClass,
      prediction: this.#scheduler.prediction,
      clip: this.#scheduler.clip,
    };
  }
}

function repeated(picture, number) {
  const all = new Float32Array(number * picture.length);
  for (let n = 0; n < number; n++) all.set(picture, n * picture.length);
  return all;
}

// The model whose files lie below this address. Throws one of errors.js, before any weights are
// fetched where the config tells.
export async function load(address) {
  const base = new URL(address.endsWith("/") ? address : `${address}/`, document.baseURI);
  const json = (path) => readJson(new URL(path, base).href);
  const [index, unet, scheduler] = await Promise.all(
    ["model_index.json", "unet/config.json", "scheduler/scheduler_config.json"].map(json),
  );
  const config = readConfig(unet),
    known = readScheduler(scheduler);
  const [kernels, weights] = await Promise.all([compiled(), readWeights(base)]);
  return new Model(base, index, config, known, { kernels, config, weights });
}
