// Particles of a known distribution, on their way to noise and back.
//
// The distribution is a set of points, so the score of its noised mixture is known exactly: x̂_0 is
// a mean of the points, each weighed by how well it explains x_t.
import { fillNormal, uniforms } from "../../../web/random.js";

const REVERSED = 4096; // where the seeds of the way back begin

// The posterior mean of x_0 given x_t = (x, y): w_i ∝ exp(−|x − √ᾱ·x_i|² / (2(1−ᾱ))).
// weights: room for as many numbers as there are points.
export function expected(x, y, points, signal, noiseVar, weights) {
  const n = points.length / 2,
    scale = -0.5 / noiseVar;
  let best = -Infinity;
  for (let j = 0; j < n; j++) {
    const dx = x - signal * points[2 * j],
      dy = y - signal * points[2 * j + 1];
    weights[j] = scale * (dx * dx + dy * dy);
    if (weights[j] > best) best = weights[j];
  }
  let total = 0,
    sumX = 0,
    sumY = 0;
  for (let j = 0; j < n; j++) {
    const w = Math.exp(weights[j] - best);
    total += w;
    sumX += w * points[2 * j];
    sumY += w * points[2 * j + 1];
  }
  return [sumX / total, sumY / total];
}

// How many of the points are nearest to some particle.
export function reached(particles, points) {
  const found = new Set();
  for (let k = 0; k < particles.length; k += 2) {
    let best = 0,
      least = Infinity;
    for (let j = 0; j < points.length; j += 2) {
      const distance = (particles[k] - points[j]) ** 2 + (particles[k + 1] - points[j + 1]) ** 2;
      if (distance < least) [best, least] = [j, distance];
    }
    found.add(best);
  }
  return found.size;
}

// So many of m points n particles would reach that are drawn from the distribution itself: a point
// is missed by all of them with the chance (1 − 1/m)ⁿ.
export const ideallyReached = (n, m) => m * (1 - (1 - 1 / m) ** n);

// Frame p: 0..K is diffusion, at t[p]; K..2K is reconstruction, at t[2K − p].
export class Particles {
  means = []; // of frame p, where the particles of the frame before were sent, without disturbance

  constructor(tables, points, count, seed) {
    Object.assign(this, { tables, points, seed, K: tables.keep.length });
    this.z = new Float32Array(2 * count);
    this.weights = new Float64Array(points.length / 2);
    this.frames = [this.#drawn(count)];
  }

  get isComplete() {
    return this.frames.length > 2 * this.K;
  }

  #drawn(count) {
    const uniform = uniforms(this.seed),
      n = this.points.length / 2,
      start = new Float32Array(2 * count);
    for (let k = 0; k < count; k++) {
      const j = Math.floor(uniform() * n);
      start.set(this.points.subarray(2 * j, 2 * j + 2), 2 * k);
    }
    return start;
  }

  // (N2), several steps taken as one (N3).
  #diffused(i, x) {
    fillNormal(this.z, this.seed * 8192 + i);
    return x.map((v, k) => this.tables.keep[i] * v + this.tables.add[i] * this.z[k]);
  }

  // From t[i + 1] back to t[i]: the mean (N9), and where the disturbance leads to (N11).
  #reconstructed(i, x, noiseScale) {
    fillNormal(this.z, this.seed * 8192 + REVERSED + i);
    const { signal, var: noiseVar, weightXt, weightX0, sigma } = this.tables;
    const scale = i > 0 ? noiseScale * sigma[i] : 0; // no noise on the last step
    const mu = new Float32Array(x.length),
      { points, weights } = this;
    for (let k = 0; k < x.length; k += 2) {
      const x0 = expected(x[k], x[k + 1], points, signal[i + 1], noiseVar[i + 1], weights);
      for (const axis of [0, 1]) mu[k + axis] = weightXt[i] * x[k + axis] + weightX0[i] * x0[axis];
    }
    return [mu, mu.map((mean, k) => mean + scale * this.z[k])];
  }

  // One frame more. noiseScale multiplies σ on the way back.
  extend(noiseScale) {
    const p = this.frames.length,
      last = this.frames[p - 1];
    if (p <= this.K) this.frames.push(this.#diffused(p - 1, last));
    else {
      const [mean, next] = this.#reconstructed(2 * this.K - p, last, noiseScale);
      this.means[p] = mean;
      this.frames.push(next);
    }
  }

  // Forgets the way back.
  turn() {
    this.frames.length = Math.min(this.frames.length, this.K + 1);
  }

  // The paper's t of frame p.
  t(p) {
    return this.tables.t[p <= this.K ? p : 2 * this.K - p];
  }
}
