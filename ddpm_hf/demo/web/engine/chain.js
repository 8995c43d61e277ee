// Algorithm 2 for some pictures of a batch, one step a call.
import { PREDICTIONS, guided, mean, qSample, reverseStep } from "./equations.js";
import { batchNoise } from "./noise.js";
import { Repainting, walkOf } from "./repaint.js";

// The value for a picture of what is given once for all, or as a list.
const of = (setting, picture) => (Array.isArray(setting) ? setting[picture] : setting);

export class Chain {
  #job;
  #denoise;
  #draw;
  #size;
  #walk;
  #repainting;
  #x;
  #x_0;
  #index = 0;

  // denoise: (x_t of one picture, timestep, label or null) → output, channels first.
  // job: {from, to} are this chain's pictures; the rest is as `Model.stream` has it, checked.
  constructor(denoise, job) {
    const { from, to, number, shape, seed, latents, plan, image, mask } = job;
    this.#job = job;
    this.#denoise = denoise;
    this.#size = shape.reduce((a, b) => a * b);
    this.#walk = walkOf(job);
    this.#draw = batchNoise(seed, number, this.#size, from, to);
    this.#repainting = mask ? new Repainting(image, mask, plan, this.#draw) : null;
    this.#x = latents ?? this.#start(image, plan);
    this.#x_0 = new Float32Array(this.#x.length);
  }

  // x_t: drawn from the picture; without one, pure noise.
  #start(image, { rates }) {
    const z = this.#draw();
    return image ? z.map((each, k) => qSample(rates[0], image[k % this.#size], each)) : z;
  }

  // How many steps are done.
  get index() {
    return this.#index;
  }

  // x_t, before the next step.
  get sample() {
    return this.#x;
  }

  // The next step, for all the pictures: x̂_0, ẑ and x_s, one after another; and where the run jumps
  // back into noise, `next`, the x_t that it goes on from.
  step() {
    const { from, to, plan, noise_scale, variance } = this.#job;
    const index = this.#index++,
      i = this.#walk[index],
      isLast = i === plan.timesteps.length - 1;
    const z = isLast ? null : this.#draw();
    const made = { index };
    for (const name of ["x_0", "z_hat", "sample"]) made[name] = new Float32Array(this.#x.length);
    for (let n = 0; n < to - from; n++) {
      const kind = of(variance, from + n),
        { std: stds } = this.#planOf(from + n),
        std = kind === "none" ? 0 : of(noise_scale, from + n) * stds[kind][i];
      this.#one(n, i, std, z, made);
    }
    if (this.#repainting) this.#repaint(made, i);
    this.#x = made.next ?? made.sample;
    this.#x_0 = made.x_0;
    return made;
  }

  #planOf(picture) {
    const { plan, plans = plan } = this.#job;
    return of(plans, picture);
  }

  #repaint(made, i) {
    const next = this.#walk[this.#index];
    made.sample = this.#repainting.known(made.sample, i);
    if (next <= i) made.next = this.#repainting.jumped(made.sample, i, next);
  }

  // The step of the nth picture, written into `made`. Where the step before did not lead to this one,
  // x̂_0 stands for the one before, and the step is of first order.
  #one(n, i, std, z, { index, x_0, z_hat, sample }) {
    const { from, prediction, clip } = this.#job;
    const start = n * this.#size,
      x_t = this.#x,
      plan = this.#planOf(from + n),
      rates = plan.rates[i],
      [a, b, c = 0] = plan.mean[i],
      formulas = PREDICTIONS[prediction],
      before = index > 0 && this.#walk[index - 1] === i - 1 ? this.#x_0 : x_0;
    const output = this.#output(x_t.subarray(start, start + this.#size), i, from + n);
    for (let j = 0, k = start; j < this.#size; j++, k++) {
      const raw = formulas.x0(rates, x_t[k], output[j]);
      x_0[k] = Math.max(-clip, Math.min(clip, raw));
      z_hat[k] = formulas.noise(rates, x_t[k], output[j]);
      const mu = mean([a, b, c], x_t[k], x_0[k], before[k]);
      sample[k] = std ? reverseStep(mu, std, z[k]) : mu;
    }
  }

  #output(x_t, i, picture) {
    const { plan, class_label, nullClass, guidance_scale } = this.#job;
    const timestep = plan.timesteps[i],
      output = this.#denoise(x_t, timestep, of(class_label, picture));
    if (guidance_scale !== 1) {
      const away = this.#denoise(x_t, timestep, nullClass);
      for (let j = 0; j < x_t.length; j++) output[j] = guided(guidance_scale, output[j], away[j]);
    }
    return output;
  }
}
