// One training of both models on the same points, a step of each at a time.
import { normals, uniforms } from "../../../web/random.js";
import { TinyDiffusion } from "./diffusion.js";
import { TinyGan } from "./gan.js";

export const STEPS = 1500,
  EVERY = 20; // steps for each point of the curves
const BATCH = 64,
  SAMPLES = 300,
  DRAWS = 4000; // for the least loss
const SAMPLE_SEED = 7; // samples are always drawn from the same noise

const LAST_RATE = 0.05; // of the learning rate, at the end

// What the random numbers of one network are drawn from.
const chance = (seed) => ({ uniform: uniforms(seed), normal: normals(seed + 1) });

export class Trial {
  steps = 0;
  losses = { diffusion: [], generator: [], discriminator: [] };
  #sums = {};

  // speed: of the discriminator's learning, in units of the generator's.
  constructor(tables, points, seed, speed) {
    this.diffusion = new TinyDiffusion(tables, points, chance(2 * seed));
    this.gan = new TinyGan(points, chance(2 * seed), speed);
    this.least = new TinyDiffusion(tables, points, chance(2 * seed)).leastLoss(DRAWS);
  }

  get isComplete() {
    return this.steps === STEPS;
  }

  // One step of each.
  train() {
    const rate = 1 - (1 - LAST_RATE) * (this.steps / STEPS);
    const losses = { diffusion: this.diffusion.train(BATCH, rate), ...this.gan.train(BATCH) };
    this.steps++;
    for (const [name, loss] of Object.entries(losses)) {
      this.#sums[name] = (this.#sums[name] ?? 0) + loss;
      if (this.steps % EVERY) continue;
      this.losses[name].push(this.#sums[name] / EVERY);
      this.#sums[name] = 0;
    }
  }

  // Points of both models as they are now: {diffusion, gan}.
  sample() {
    const of = (model) => model.sample(SAMPLES, normals(SAMPLE_SEED));
    return { diffusion: of(this.diffusion), gan: of(this.gan) };
  }
}
