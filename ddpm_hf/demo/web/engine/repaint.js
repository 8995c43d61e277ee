// RePaint (Lugmayr et al. 2022): what is known of a picture is put into each x_s, and the run jumps
// back into noise, so that what is drawn comes to go with it.
import { keepKnown, qSample, ratesBetween } from "./equations.js";

const CLEAN = [1, 0]; // the rates at t = 0

// The steps of a run, by their place in its plan, as ddpm_hf.editing.repaint_walk has them; without
// a mask each comes once.
export function walkOf({ plan, mask, jump_length, jump_n_sample }) {
  const K = plan.timesteps.length;
  if (!mask) return Array.from({ length: K }, (_, i) => i);
  const left = new Map(),
    walk = [];
  for (let level = 0; level < K - jump_length; level += jump_length)
    left.set(K - 1 - level, jump_n_sample - 1);
  for (let i = 0; i < K; ) {
    walk.push(i++);
    const jumps = left.get(i) ?? 0;
    if (jumps === 0) continue;
    left.set(i, jumps - 1);
    i -= jump_length;
  }
  return walk;
}

export class Repainting {
  // x_0: one picture, channels first. mask: 1 for each pixel that is drawn anew, else 0.
  // draw(): the next noise of the batch.
  constructor(x_0, mask, { rates }, draw) {
    Object.assign(this, { x_0, mask, draw, rates: [...rates, CLEAN] });
  }

  // x_s after the step of this place, its known part drawn from the picture.
  known(x_s, i) {
    const { x_0, mask } = this,
      rates = this.rates[i + 1],
      z = rates === CLEAN ? null : this.draw();
    return x_s.map((x, k) => {
      const j = k % x_0.length;
      return keepKnown(mask[j % mask.length], x, z ? qSample(rates, x_0[j], z[k]) : x_0[j]);
    });
  }

  // x_t of the step to come, `next`, noised anew from x_s after step i.
  jumped(x_s, i, next) {
    const rates = ratesBetween(this.rates[i + 1], this.rates[next]),
      z = this.draw();
    return x_s.map((x, k) => qSample(rates, x, z[k]));
  }
}
