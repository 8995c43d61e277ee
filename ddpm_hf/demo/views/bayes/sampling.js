// The check: pairs (x_s, x_t) drawn forwards from x_0; those whose x_t lies in a thin slit have an x_s
// from q(x_s|x_t,x_0), whatever Bayes' rule says.
import { qSample } from "../../web/engine/equations.js";
import { fillNormal } from "../../web/random.js";

export const PAIRS = 100_000;

// The noises of the pairs, the same for each seed.
export function noisesOf(seed) {
  const drawn = [new Float32Array(PAIRS), new Float32Array(PAIRS)];
  drawn.forEach((z, i) => fillNormal(z, 2 * seed + i));
  return drawn;
}

// x_s by one jump from x_0, and x_t by the steps s..t taken as one.
export function pairsOf([z, zStep], { x0, alpha, beta, alphaBarS, noiseVarS }) {
  const [toS, toT] = [
    [alphaBarS, noiseVarS],
    [alpha, beta],
  ].map((both) => both.map(Math.sqrt));
  const xs = z.map((noise) => qSample(toS, x0, noise));
  return { xs, xt: xs.map((x, i) => qSample(toT, x, zStep[i])) };
}

// Half the slit's width: too little to be seen in x_s, whose mean moves with x_t by its weight.
export const slitOf = ({ sigma, weightXt, noiseVarT }) =>
  Math.min((0.1 * sigma) / weightXt, 0.05 * Math.sqrt(noiseVarT));

// The x_s of the pairs in the slit.
export const inSlit = ({ xs, xt }, at, half) => xs.filter((_, i) => Math.abs(xt[i] - at) <= half);

const REACH = 4, // standard deviations on each side
  PER_SIGMA = 4,
  TAIL = 2; // beyond so many the χ² test takes all as one
export const BINS = 2 * REACH * PER_SIGMA;

// How many are in each bin of σ/4 from −4σ to 4σ; what is beyond counts with the outermost.
export function countsOf(values, { mean, sigma }) {
  const counts = new Float64Array(BINS);
  for (const value of values) {
    const bin = Math.floor(((value - mean) / sigma + REACH) * PER_SIGMA);
    counts[Math.max(0, Math.min(BINS - 1, bin))]++;
  }
  return counts;
}

// Where bin i begins.
export const edgeOf = (i, { mean, sigma }) => mean + sigma * (i / PER_SIGMA - REACH);

const bell = (z) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
// By Simpson's rule, to 1e-8.
const massFrom = (z, width = 1 / PER_SIGMA) =>
  ((bell(z) + 4 * bell(z + width / 2) + bell(z + width)) * width) / 6;
const MIDDLE = Array.from({ length: 2 * TAIL * PER_SIGMA }, (_, i) =>
  massFrom(i / PER_SIGMA - TAIL),
);
const OUTSIDE = (1 - MIDDLE.reduce((a, b) => a + b)) / 2;
const SHARES = [OUTSIDE, ...MIDDLE, OUTSIDE]; // of each cell of the test

// Pearson's χ² of the counts against the Gaussian: so many cells less one are free. 95 % of fair
// samples stay below `usual`, 99.9 % below `rare`.
export const TEST = { free: SHARES.length - 1, usual: 27.59, rare: 40.79, fewest: 300 };

export function chiSquare(counts) {
  const cut = (REACH - TAIL) * PER_SIGMA,
    sum = (part) => part.reduce((a, b) => a + b, 0),
    cells = [
      sum(counts.slice(0, cut)),
      ...counts.slice(cut, BINS - cut),
      sum(counts.slice(BINS - cut)),
    ],
    n = sum(counts);
  return cells.reduce((total, seen, i) => total + (seen - n * SHARES[i]) ** 2 / (n * SHARES[i]), 0);
}
