// A picture, noised step by step with noise of its own (N2), as far as it has been worked out.
import { fillNormal } from "../../web/random.js";

const KEY_FRAMES = 100;

// a·x + b·y into `out`.
export function mix(a, x, b, y, out) {
  for (let i = 0; i < out.length; i++) out[i] = a * x[i] + b * y[i];
}

export class Chain {
  #z;
  #current; // x_t
  #frames; // x_0, x_stride, x_2·stride, …

  // tables: the weights `keep` and `add` of each step, for t = 0..T. Each seed has its own noise.
  constructor({ T, x0, tables }, seed) {
    Object.assign(this, { T, tables, seed, t: 0, stride: Math.ceil(T / KEY_FRAMES) });
    this.#z = new Float32Array(x0.length);
    this.#current = x0.slice();
    this.#frames = [x0.slice()];
  }

  get isComplete() {
    return this.t === this.T;
  }

  // The noise of step t is the same each time.
  #step(t, x) {
    fillNormal(this.#z, this.seed * 8192 + t);
    mix(this.tables.keep[t], x, this.tables.add[t], this.#z, x);
  }

  // Works on until the time (of performance.now) is up, or all is there.
  extend(until) {
    while (!this.isComplete && performance.now() < until) {
      this.#step(++this.t, this.#current);
      if (this.t % this.stride === 0) this.#frames.push(this.#current.slice());
    }
  }

  // x_t, or the last that is there: from a key frame on, step by step.
  at(t) {
    const reached = Math.min(t, this.t),
      key = Math.floor(reached / this.stride);
    const x = this.#frames[key].slice();
    for (let s = key * this.stride + 1; s <= reached; s++) this.#step(s, x);
    return x;
  }
}
