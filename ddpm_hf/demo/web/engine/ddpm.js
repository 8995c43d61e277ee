// Sampling from a DDPM in the browser: diffusers' own files, run by WebAssembly in Web Workers.
//
//   import { load } from "./ddpm.js";
//   const model = await load("models/cats-32/");
//   const { pixels, count, width, height } = await model.sample({ seed: 0, number: 4, steps: 50 });
//   for await (const step of model.stream({ seed: 0, steps: 50 })) …
//
// The pictures are those of ddpm_hf's `pipe(4, torch.Generator().manual_seed(0), 50)` to a grey
// level. Python works the schedule out: models/NAME/plans/50-even.json. What can go wrong has a
// class in errors.js; the settings of `sample` and `stream` are told of in job.js.
import { readFacts } from "./config.js";
import { jobOf } from "./job.js";
import { readJson, readKernels, readWeights } from "./files.js";
import { toPixels } from "./pixels.js";
import { Pool, workersFor } from "./pool.js";
import { running } from "./run.js";
import { Stop } from "./stop.js";
import { TorchNormal } from "./noise.js";

export * from "./errors.js";
export { imageSeed } from "./seeds.js";
export { interpolate, qSample } from "./equations.js";
export { toPixels };

// torch.randn(n, generator=torch.Generator().manual_seed(seed)), in any shape of n numbers.
export const normal = (seed, n) => new TorchNormal(seed).draw(n);

class Model {
  #base;
  #facts;
  #pool;
  #plans = new Map();

  // facts: as `readFacts` gives them.
  constructor(base, facts, parts) {
    this.#base = base;
    this.#facts = facts;
    this.#pool = new Pool(parts);
    const { channels, height, width, classes, nullClass, prediction } = facts;
    Object.assign(this, { channels, height, width, classes, nullClass, prediction });
  }

  // Workers that wait for a run of so many pictures. Rejects where a run would.
  async warm(pictures = 1) {
    this.#pool.give(await this.#pool.take(workersFor(pictures)));
  }

  // Ends all workers; the model can't be used any more.
  close() {
    this.#pool.close();
  }

  // Python's plan of this name: `50-even`, `50-quadratic`, `50-even-eta0.5`, `12-visible-order2`, or
  // `from-700`.
  plan(name) {
    if (!this.#plans.has(name)) {
      const plan = readJson(new URL(`plans/${name}.json`, this.#base).href);
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

  // The steps of a run: {index, total, t, s, x_t, x_0, z_hat, sample, count, channels, height, width}:
  // t and s are the paper's, of x_t and of `sample`; x_t before the step, x̂_0, ẑ, and `sample` after it: Float32Arrays,
  // (count, channels, height, width). To leave the loop ends the run; so does `signal`, at once.
  async *stream(settings = {}) {
    const job = jobOf(this.#facts, settings);
    const stop = new Stop(settings.signal);
    job.plan ??= await stop.before(this.plan(job.name));
    const { channels, height, width } = this;
    const shape = { count: job.number, channels, height, width };
    for await (const step of running(this.#pool, job, stop)) yield { ...step, ...shape };
  }
}

// The model whose files lie below this address. Throws one of errors.js, before any weights are
// fetched where the config tells.
export async function load(address) {
  const base = new URL(address.endsWith("/") ? address : `${address}/`, document.baseURI);
  const json = (path) => readJson(new URL(path, base).href);
  const [index, unet, scheduler] = await Promise.all(
    ["model_index.json", "unet/config.json", "scheduler/scheduler_config.json"].map(json),
  );
  const facts = readFacts(index, unet, scheduler);
  const [kernels, weights] = await Promise.all([readKernels(), readWeights(base)]);
  return new Model(base, facts, { kernels, config: facts.config, weights });
}
