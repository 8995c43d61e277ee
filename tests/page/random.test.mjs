import assert from "node:assert/strict";
import test from "node:test";
import { Chain, mix } from "../../ddpm_hf/demo/views/forward/chain.js";
import {
  correlation,
  histogram,
  moments,
  normalDensity,
} from "../../ddpm_hf/demo/views/forward/statistics.js";
import {
  expected,
  ideallyReached,
  Particles,
  reached,
} from "../../ddpm_hf/demo/views/noise/playground/particles.js";
import { fillNormal, uniforms } from "../../ddpm_hf/demo/web/random.js";

const near = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

function normal(n, seed) {
  const z = new Float32Array(n);
  fillNormal(z, seed);
  return z;
}

test("the same seed gives the same numbers, another seed others", () => {
  assert.deepEqual(normal(7, 3), normal(7, 3));
  assert.notDeepEqual(normal(7, 3), normal(7, 4));
  const uniform = uniforms(1);
  assert.deepEqual(
    [uniform(), uniform(), uniform()].map((u) => u.toFixed(6)),
    ["0.546456", "0.459556", "0.247042"],
  );
  for (let i = 0; i < 1000; i++) {
    const u = uniform();
    assert.ok(u >= 0 && u < 1);
  }
});

test("the noise is normal", () => {
  const z = normal(100_000, 1),
    { mean, deviation } = moments(z);
  near(mean, 0, 0.01);
  near(deviation, 1, 0.01);
  const found = histogram(z, 80, 4);
  for (let i = 0; i < 80; i++) near(found[i], normalDensity(-4 + 0.1 * (i + 0.5)), 0.02);
  near(correlation(z, normal(100_000, 2)), 0, 0.02);
});

test("correlation is 1 with itself, −1 with its negative, and nothing with an even grey", () => {
  const x = normal(100, 1);
  near(correlation(x, x), 1, 1e-9);
  near(
    correlation(
      x,
      x.map((v) => 3 - 2 * v),
    ),
    -1,
    1e-6,
  );
  assert.ok(Number.isNaN(correlation(x, new Float32Array(100).fill(0.5))));
});

test("values beyond the histogram's reach are counted nowhere", () => {
  assert.equal(
    histogram([-5, 5, 0.1], 8, 4).reduce((sum, density) => sum + density),
    1 / 3,
  );
});

// x_t = √(1−β)·x_{t−1} + √β·z, with one β.
function chainOf(T, beta = 0.01) {
  const keep = new Float32Array(T + 1).fill(Math.sqrt(1 - beta)),
    add = new Float32Array(T + 1).fill(Math.sqrt(beta));
  return { T, x0: normal(500, 9).fill(1), tables: { keep, add } };
}

test("a chain finds each x_t again, however it got there", () => {
  const data = chainOf(250),
    chain = new Chain(data, 1),
    other = new Chain(data, 2);
  for (const each of [chain, other]) each.extend(Infinity);
  assert.ok(chain.isComplete);
  assert.deepEqual(chain.at(0), data.x0);
  assert.deepEqual(chain.at(137), chain.at(137));
  const byHand = chain.at(136),
    z = new Float32Array(500);
  fillNormal(z, 8192 + 137);
  mix(data.tables.keep[137], byHand, data.tables.add[137], z, byHand);
  assert.deepEqual(chain.at(137), byHand);
  assert.notDeepEqual(chain.at(137), other.at(137));
});

test("a chain that is not worked out yet gives the last that is there", () => {
  const chain = new Chain(chainOf(250), 1);
  assert.deepEqual(chain.at(200), chain.at(0));
  assert.ok(!chain.isComplete && chain.t === 0);
});

test("a chain ends as noise of variance 1", () => {
  const chain = new Chain(chainOf(1000), 1);
  chain.extend(Infinity);
  near(moments(chain.at(1000)).deviation, 1, 0.1);
  near(moments(chain.at(1000)).mean, 0, 0.1);
});

test("x̂_0 is the posterior mean over the points", () => {
  const points = new Float32Array([-1, 0, 1, 0]),
    room = new Float64Array(2);
  const [x, y] = expected(0.3, 5, points, 0.8, 0.36, room);
  near(x, Math.tanh((0.8 * 0.3) / 0.36), 1e-6); // two points at ±1 on the axis
  near(y, 0, 1e-12);
});

// Few steps of a schedule, the last of which leaves nothing.
function tablesOf(K) {
  const t = Float32Array.from({ length: K + 1 }, (_, i) => i);
  const alphaBar = Float64Array.from(t, (i) => 1 - i / (K + 0.001));
  const each = (f) => Float32Array.from({ length: K }, (_, i) => f(alphaBar[i], alphaBar[i + 1]));
  return {
    t,
    signal: Float32Array.from(alphaBar, Math.sqrt),
    var: Float32Array.from(alphaBar, (a) => 1 - a),
    keep: each((s, e) => Math.sqrt(e / s)),
    add: each((s, e) => Math.sqrt(1 - e / s)),
    weightXt: each((s, e) => (Math.sqrt(e / s) * (1 - s)) / (1 - e)),
    weightX0: each((s, e) => (Math.sqrt(s) * (1 - e / s)) / (1 - e)),
    sigma: each((s, e) => Math.sqrt(((1 - s) / (1 - e)) * (1 - e / s))),
  };
}

test("particles leave the points and come back to them", () => {
  const points = new Float32Array([-1, -1, -1, 1, 1, -1, 1, 1]),
    run = new Particles(tablesOf(60), points, 200, 1);
  while (!run.isComplete) run.extend(1);
  assert.equal(run.frames.length, 121);
  assert.deepEqual([run.t(0), run.t(60), run.t(61), run.t(120)], [0, 60, 59, 0]);
  near(moments(run.frames[60]).deviation, 1, 0.15);
  for (const v of run.frames[120]) near(Math.abs(v), 1, 0.05);
  assert.equal(reached(run.frames[120], points), 4);
});

test("without disturbance the way back goes where the mean points", () => {
  const run = new Particles(tablesOf(20), new Float32Array([0, 1, 1, 0]), 50, 1);
  while (!run.isComplete) run.extend(1);
  run.turn();
  assert.equal(run.frames.length, 21);
  while (!run.isComplete) run.extend(0);
  assert.deepEqual(run.frames[30], run.means[30]);
});

test("how many points particles reach that are drawn from the distribution itself", () => {
  const n = 400,
    trials = 50,
    uniform = uniforms(1);
  let found = 0;
  for (let trial = 0; trial < trials; trial++)
    found += new Set(Array.from({ length: n }, () => Math.floor(uniform() * n))).size / trials;
  near(ideallyReached(n, n), 253.0, 0.1);
  near(found, ideallyReached(n, n), 3);
});
