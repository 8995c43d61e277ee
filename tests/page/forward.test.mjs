import assert from "node:assert/strict";
import test from "node:test";
import { sameStep } from "../../ddpm_hf/demo/views/forward/rising.js";
import { shares } from "../../ddpm_hf/demo/views/forward/variances.js";

const T = 2000;
const BETAS = Array.from({ length: T }, (_, i) => 1e-4 + (i * (0.02 - 1e-4)) / (T - 1)); // (N1)
const ALPHAS = BETAS.map((beta) => 1 - beta);
const alphaBar = (t) => ALPHAS.slice(0, t).reduce((product, alpha) => product * alpha, 1);
const tables = {
  keep: [1, ...ALPHAS.map(Math.sqrt)],
  add: [0, ...BETAS.map(Math.sqrt)],
  signal: Array.from({ length: T + 1 }, (_, t) => Math.sqrt(alphaBar(t))),
  noise: Array.from({ length: T + 1 }, (_, t) => Math.sqrt(1 - alphaBar(t))),
};

test("the shares of the variance are the products of N3, and add up to 1", () => {
  for (const t of [0, 1, 150, 200, 201, 999, T]) {
    const [picture, ...noise] = shares(tables, t, T);
    assert.ok(Math.abs(picture.share - alphaBar(t)) < 1e-12, `t = ${t}`);
    const all = noise.reduce((sum, { share }) => sum + share, picture.share);
    assert.ok(Math.abs(all - 1) < 1e-12);
    assert.deepEqual([noise[0]?.a, noise.at(-1)?.b], t ? [0, t] : [undefined, undefined]);
    for (const { a, b, share } of noise) {
      const left = alphaBar(t) / alphaBar(b) - alphaBar(t) / alphaBar(a); // β_s/ᾱ_s telescopes
      assert.ok(Math.abs(share - left) < 1e-9, `steps ${a} to ${b} at t = ${t}`);
    }
  }
});

test("the same step adds less and less to the noise that is there", () => {
  const x0 = Float32Array.from([0.5, -0.25]),
    told = sameStep({ T, x0, tables }, [1, -1], [0.5, 2]);
  assert.deepEqual(
    told.map(({ t }) => t),
    [0, 200, 1000],
  );
  const [first] = told;
  assert.deepEqual([...first.before], [...x0]);
  assert.ok(Math.abs(first.after[0] - (Math.sqrt(0.98) * 0.5 + Math.sqrt(0.02) * 0.5)) < 1e-6);
  for (const { t, from, to } of told) {
    assert.ok(Math.abs(to ** 2 - (1 - 0.98 * alphaBar(t))) < 1e-12);
    assert.ok(Math.abs(from ** 2 - (1 - alphaBar(t))) < 1e-12);
  }
  const gains = told.map(({ from, to }) => to - from);
  assert.ok(gains[0] > gains[1] && gains[1] > gains[2]);
});
