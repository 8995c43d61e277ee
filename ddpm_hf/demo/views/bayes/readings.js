// WRONG on purpose: what the machine made of the notes, taken at its word, to be looked at.
//
// By name: the line of the derivation that it stands in, and what comes of it: a mean, a variance
// and a density of x_s (null where there is none), and numbers to tell. `f`: `factsOf`.
import { mean, x0FromNoise } from "../../web/engine/equations.js";
import { normal } from "./normal.js";

const gaussian = (mean, variance, told = {}) => ({
  mean,
  variance,
  density: variance > 0 ? (x) => normal(x, mean, variance) : null,
  told,
});

const quadratic = (A, B, told) => gaussian(-B / (2 * A), 1 / A, { wrongA: A, ...told });

const weighted = (f, a, x, b, y) => gaussian(a * x + b * y, f.variance, { wrongXt: a, wrongX0: b });

const withoutX0 = (f) => {
  // Not given x_0: of a world with two pictures, x_0 and −x_0, each as likely.
  const pictures = [f.x0, -f.x0],
    shares = pictures.map((x0) => normal(f.xt, f.root.alphaBarT * x0, f.noiseVarT)),
    total = shares[0] + shares[1],
    means = pictures.map((x0) => f.weightXt * f.xt + f.weightX0 * x0),
    middle = (shares[0] * means[0] + shares[1] * means[1]) / total,
    apart = (shares[0] * shares[1] * (means[0] - means[1]) ** 2) / total ** 2;
  const density = (x) =>
    (shares[0] * normal(x, means[0], f.variance) + shares[1] * normal(x, means[1], f.variance)) /
    total;
  return { mean: middle, variance: f.variance + apart, density, told: { opposite: -f.x0 } };
};

const bByX0 = (f) =>
  quadratic(f.A, -2 * ((f.root.alpha * f.x0) / f.beta + (f.root.alphaBarS * f.x0) / f.noiseVarS));

const x0ByAlpha = (f) => {
  const x0Hat = x0FromNoise([f.root.alpha, f.root.noiseVarT], f.xt, f.zHat);
  const told = { wrongHat: x0Hat };
  return gaussian(mean([f.weightXt, f.weightX0, 0], f.xt, x0Hat, 0), f.variance, told);
};

const perStep = (f) => f.beta / f.root.noiseVarT;

export const READINGS = {
  withoutX0: { line: 1, of: withoutX0 },
  aByXt: { line: 4, of: (f) => quadratic(f.xt / f.beta + 1 / f.noiseVarS, f.B) },
  bByX0: { line: 4, of: bByX0 },
  bSquared: { line: 5, of: (f) => quadratic(f.A, -1 / Math.sqrt(f.A), { squared: f.B ** 2 }) },
  sigmaFactor: {
    line: 6,
    of: (f) => gaussian(f.mean, (f.noiseVarS * f.beta ** 2) / f.noiseVarT),
  },
  muAlphaBar: {
    line: 7,
    of: (f) => weighted(f, (f.root.alphaBarT * f.noiseVarS) / f.noiseVarT, f.xt, f.weightX0, f.x0),
  },
  muNoise: {
    line: 7,
    of: (f) => weighted(f, f.weightXt, f.xt, (Math.sqrt(f.noiseVarS) * f.beta) / f.noiseVarT, f.x0),
  },
  muX0: { line: 7, of: (f) => weighted(f, f.weightXt, f.x0, f.weightX0, f.x0) },
  x0ByAlpha: { line: 8, of: x0ByAlpha },
  n10X0: {
    line: 10,
    of: (f) => gaussian((f.xt - perStep(f) * f.x0) / f.alphaBarT, f.variance),
  },
  n10AlphaBar: {
    line: 10,
    of: (f) =>
      gaussian((f.xt - perStep(f) * f.zHat) / f.root.alphaBarT, f.variance, {
        factor: 1 / f.root.alphaBarS,
      }),
  },
  oneZ: { line: 11, of: (f) => gaussian(f.mean + f.sigma * f.zHat, 0) },
};
