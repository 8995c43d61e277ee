// Why β rises (N1): the same step, early and late. What a clean picture shows as grain is lost in
// one that is noise already.
import { mix } from "./chain.js";

const BETA = 0.02; // of each step that is shown: the notes' largest
const PARTS = [0, 0.1, 0.5]; // of the way, where the step is taken

// [{t, before, after, from, to}]: x_t, one step on (N2), and the standard deviation of all the
// noise in each (N3). tables: the weights signal and noise of the jump, for t = 0..T.
export function sameStep({ T, x0, tables }, epsilon, fresh) {
  return PARTS.map((part) => {
    const t = Math.round(part * T),
      before = new Float32Array(x0.length),
      after = new Float32Array(x0.length),
      noise = tables.noise[t];
    mix(tables.signal[t], x0, noise, epsilon, before); // (N4)
    mix(Math.sqrt(1 - BETA), before, Math.sqrt(BETA), fresh, after);
    return { t, before, after, from: noise, to: Math.sqrt((1 - BETA) * noise ** 2 + BETA) };
  });
}
