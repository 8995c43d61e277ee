import assert from "node:assert/strict";
import test from "node:test";
import { densitiesOf, exponentsOf, factsOf } from "../../ddpm_hf/demo/views/bayes/facts.js";
import { abscissae, normal } from "../../ddpm_hf/demo/views/bayes/normal.js";
import { READINGS } from "../../ddpm_hf/demo/views/bayes/readings.js";
import * as sampling from "../../ddpm_hf/demo/views/bayes/sampling.js";

const { TEST, chiSquare, countsOf, inSlit, noisesOf, pairsOf, slitOf } = sampling;
const near = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

// The notes' schedule.
const table = [0];
for (let t = 1; t <= 2000; t++)
  table.push(table[t - 1] + Math.log1p(-(1e-4 + ((2e-2 - 1e-4) * (t - 1)) / 1999)));
const facts = (settings) =>
  factsOf({ table, s: 400, t: 500, x0: 0.8, xt: -0.5, x: 0.3, ...settings });

// The integral of a density over −8..8.
function integral(density, gaussians) {
  const xs = abscissae([-8, 8], gaussians);
  return xs
    .slice(1)
    .reduce((sum, x, i) => sum + ((density(x) + density(xs[i])) / 2) * (x - xs[i]), 0);
}

test("the product's area is the normaliser, and divided by it the product is the posterior", () => {
  for (const settings of [{}, { s: 499, t: 500 }, { s: 1, t: 2000, xt: 2 }]) {
    const f = facts(settings),
      spots = [[f.mean, f.sigma]];
    near(integral((x) => densitiesOf(f, x).product, spots) / f.normaliser, 1, 1e-2);
    for (const x of [f.mean - f.sigma, f.mean, f.mean + 2 * f.sigma]) {
      const { posterior } = densitiesOf(f, x);
      near(posterior / normal(x, f.mean, f.variance), 1, 1e-9);
      const [likelihood, prior, jump] = exponentsOf(f, x);
      near(likelihood + prior - jump, -((x - f.mean) ** 2) * f.A * 0.5, 1e-9);
    }
  }
});

test("the shares of A are the weights of the two centres, at which the lever balances", () => {
  const f = facts({});
  near(f.precisions[0] + f.precisions[1], f.A, 1e-12);
  near(f.precisions[0], 1.7, 0.1);
  near(f.precisions[1], 1.7, 0.1);
  near(f.precisions[0] / f.A / f.root.alpha, f.weightXt, 1e-12);
  near((f.precisions[1] / f.A) * f.root.alphaBarS, f.weightX0, 1e-12);
  const torque = f.centres.map((centre, i) => f.precisions[i] * (centre - f.mean));
  near(torque[0] + torque[1], 0, 1e-12);
});

test("each misreading comes out wrong, at its line", () => {
  const f = facts({});
  assert.equal(Object.keys(READINGS).length, 12);
  for (const [name, { line, of }] of Object.entries(READINGS)) {
    const { mean, variance, density } = of(f);
    assert.ok(line >= 1 && line <= 11);
    const off = Math.abs(mean - f.mean) + Math.abs(variance - f.variance);
    assert.ok(off > 0.01, `${name} is right`);
    if (density && variance > 0) near(integral(density, [[mean, Math.sqrt(variance)]]), 1, 1e-2);
  }
  assert.equal(READINGS.aByXt.of(facts({ xt: -2 })).density, null, "a parabola that opens upwards");
  assert.equal(READINGS.bByX0.of(facts({ xt: 2 })).mean, READINGS.bByX0.of(f).mean, "no x_t in it");
  assert.equal(READINGS.bSquared.of(facts({ x0: -1 })).mean, READINGS.bSquared.of(f).mean);
  near(READINGS.x0ByAlpha.of(f).told.wrongHat, f.root.alphaBarS * 0.8, 1e-12);
});

test("not given x_0, the density is the mixture that Bayes' rule makes of two pictures", () => {
  const f = facts({}),
    { density } = READINGS.withoutX0.of(f);
  const other = facts({ x0: -0.8 });
  const joint = (x) => densitiesOf(f, x).product + densitiesOf(other, x).product;
  for (const x of [-1, 0, 0.7])
    near(density(x), joint(x) / (f.normaliser + other.normaliser), 1e-12);
});

const CASES = [{}, { s: 499 }, { s: 1, xt: 0.3 }, { s: 1, t: 2000, xt: 1 }, { x0: -1, xt: 0.2 }];

test("the pairs in the slit are distributed as Bayes' rule says", () => {
  for (const settings of CASES)
    for (const seed of [1, 2]) {
      const f = facts(settings),
        kept = inSlit(pairsOf(noisesOf(seed), f), f.xt, slitOf(f));
      assert.ok(kept.length > TEST.fewest, `${kept.length} in the slit`);
      const found = chiSquare(countsOf(kept, f));
      assert.ok(found < TEST.rare, `χ² = ${found} at ${JSON.stringify(settings)}`);
      const wrong = chiSquare(countsOf(kept, { mean: f.mean, sigma: Math.sqrt(2 * f.variance) }));
      assert.ok(wrong > TEST.rare, `another spread: χ² = ${wrong}`);
    }
});

test("χ² is 0 for the very shares", () => {
  const f = { mean: 3, sigma: 2 },
    exact = Float64Array.from({ length: sampling.BINS }, (_, i) => {
      const [from, to] = [sampling.edgeOf(i, f), sampling.edgeOf(i + 1, f)];
      return 1e4 * normal((from + to) / 2, 3, 4) * (to - from);
    });
  near(chiSquare(exact), 0, 0.2);
  assert.equal(countsOf([-100, 3.1, 100], f)[0], 1);
});
