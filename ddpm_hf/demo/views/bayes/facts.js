// All that the view says in numbers about one pair of steps, one x_0 and one x_t.
import { mean, noiseFromX0, x0FromNoise } from "../../web/engine/equations.js";
import * as equations from "./equations.js";
import { normal } from "./normal.js";

// x: the point of the axis x_s that the cursor is at.
export function factsOf({ table, s, t, x0, xt, x }) {
  const given = { s, t, x0, xt, x },
    p = equations.pairOf(table, s, t),
    [A, B] = [equations.A(p), equations.B(p, xt, x0)],
    rates = [Math.sqrt(p.alphaBarT), Math.sqrt(p.noiseVarT)],
    [weightXt, weightX0] = [equations.weightXt(p), equations.weightX0(p)],
    zHat = noiseFromX0(rates, xt, x0);
  const root = {
    alpha: Math.sqrt(p.alpha),
    alphaBarS: Math.sqrt(p.alphaBarS),
    alphaBarT: rates[0],
    noiseVarT: rates[1],
  };
  return {
    ...p,
    ...given,
    A,
    B,
    root,
    weightXt,
    weightX0,
    zHat,
    // What each of the two factors says x_s is, and how surely: A is the sum of the precisions.
    centres: [xt / root.alpha, root.alphaBarS * x0],
    precisions: [p.alpha / p.beta, 1 / p.noiseVarS],
    mean: -B / (2 * A),
    variance: 1 / A,
    sigma: Math.sqrt(1 / A),
    meanN9: mean([weightXt, weightX0, 0], xt, x0, 0),
    varianceN8: equations.posteriorVar(p),
    x0Hat: x0FromNoise(rates, xt, zHat),
    meanN10: equations.meanFromNoise(p, xt, zHat),
    jumpMean: root.alphaBarT * x0,
    normaliser: normal(xt, root.alphaBarT * x0, p.noiseVarT),
  };
}

// The three exponents of Bayes' rule at x_s = x: of q(x_t|x_s), q(x_s|x_0) and q(x_t|x_0).
export const exponentsOf = ({ root, beta, noiseVarS, noiseVarT, centres, jumpMean, xt }, x) => [
  -((xt - root.alpha * x) ** 2) / beta / 2,
  -((x - centres[1]) ** 2) / noiseVarS / 2,
  -((xt - jumpMean) ** 2) / noiseVarT / 2,
];

// The factors at x_s = x, their product, and what Bayes' rule makes of it.
export function densitiesOf(facts, x) {
  const likelihood = normal(facts.xt, facts.root.alpha * x, facts.beta),
    prior = normal(x, facts.centres[1], facts.noiseVarS),
    product = likelihood * prior;
  return { likelihood, prior, product, posterior: product / facts.normaliser };
}
