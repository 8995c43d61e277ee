import assert from "node:assert/strict";
import test from "node:test";
import { Network } from "../../ddpm_hf/demo/views/training/tiny/network.js";
import { shapeOf } from "../../ddpm_hf/demo/views/training/tiny/shapes.js";
import { TinyGan } from "../../ddpm_hf/demo/views/training/tiny/gan.js";
import { EVERY, Trial } from "../../ddpm_hf/demo/views/training/tiny/trial.js";
import { TinyDiffusion } from "../../ddpm_hf/demo/views/training/tiny/diffusion.js";
import { normals, uniforms } from "../../ddpm_hf/demo/web/random.js";

const near = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

// The notes' schedule, 40 of its steps taken as one, as Python's playground.tables has it.
function notesTables(stride = 40) {
  const log = [0];
  for (let t = 1; t <= 2000; t++)
    log.push(log[t - 1] + Math.log1p(-(1e-4 + ((2e-2 - 1e-4) * (t - 1)) / 1999)));
  const at = log.filter((_, t) => t % stride === 0),
    steps = at.slice(1).map((t, i) => {
      const s = at[i],
        [alpha, beta] = [Math.exp(t - s), -Math.expm1(t - s)],
        [noiseS, noiseT] = [-Math.expm1(s), -Math.expm1(t)];
      return {
        weightXt: (Math.sqrt(alpha) * noiseS) / noiseT,
        weightX0: (Math.exp(s / 2) * beta) / noiseT,
        sigma: Math.sqrt((noiseS / noiseT) * beta),
      };
    });
  const column = (name) => steps.map((step) => step[name]);
  return {
    signal: at.map((l) => Math.exp(l / 2)),
    var: at.map((l) => -Math.expm1(l)),
    weightXt: column("weightXt"),
    weightX0: column("weightX0"),
    sigma: column("sigma"),
  };
}

const chance = (seed) => ({ uniform: uniforms(seed), normal: normals(seed) });

// The gradient that loss() leaves in a network, beside finite differences of a loss of the same draws.
function checkGradient(network, loss) {
  network.gradient.fill(0);
  loss();
  const found = Float64Array.from(network.gradient),
    { weights } = network;
  for (let k = 0; k < weights.length; k += 97) {
    const [w, h] = [weights[k], 1e-5];
    weights[k] = w + h;
    const above = loss();
    weights[k] = w - h;
    const below = loss();
    weights[k] = w;
    near(found[k], (above - below) / (2 * h), 1e-8);
  }
}

test("the gradient by hand is that of finite differences, by weights and by inputs", () => {
  const network = new Network([3, 5, 4, 2], normals(1)),
    x = Float64Array.from({ length: 6 }, normals(2));
  const total = () => network.forward(x, 2).reduce((sum, y) => sum + y * y, 0);
  const slopes = network.backward(
    network.forward(x, 2).map((y) => 2 * y),
    2,
  );
  x.forEach((value, k) => {
    const h = 1e-5;
    x[k] = value + h;
    const above = total();
    x[k] = value - h;
    near(slopes[k], (above - total()) / (2 * h), 1e-8);
    x[k] = value;
  });

  const points = shapeOf("spots"),
    model = new TinyDiffusion(notesTables(), points, chance(1)),
    gan = new TinyGan(points, chance(1));
  const again = (it, loss) => () => Object.assign(it, chance(3)) && loss.call(it, 8);
  checkGradient(model.network, again(model, model.loss));
  checkGradient(gan.discriminator, again(gan, gan.discriminatorLoss));
  checkGradient(gan.generator, again(gan, gan.generatorLoss));
  assert.ok(model.size > 2000 && model.size < 3000, `${model.size} weights`);
  for (const size of gan.sizes) near(size / model.size, 1, 0.1);
});

const average = (numbers) => numbers.reduce((a, b) => a + b) / numbers.length;

// The mean distance from each of some points to the nearest to be learned.
function distance(xy, points) {
  const each = [];
  for (let k = 0; k < xy.length; k += 2) {
    let least = Infinity;
    for (let j = 0; j < points.length; j += 2)
      least = Math.min(least, Math.hypot(xy[k] - points[j], xy[k + 1] - points[j + 1]));
    each.push(least);
  }
  return average(each);
}

test("of seed 1 the loss falls below 0.18 in 500 steps, near the least there can be", () => {
  const points = shapeOf("spots"),
    model = new TinyDiffusion(notesTables(), points, chance(1)),
    least = model.leastLoss(4000),
    before = distance(model.sample(200, normals(7)), points);
  const losses = Array.from({ length: 500 }, (_, i) => model.train(64, 1 - i / 500)),
    loss = average(losses.slice(-100)),
    after = distance(model.sample(200, normals(7)), points);
  console.log({ loss, least, before, after });
  assert.ok(losses[0] > 3 * loss && loss > least && loss < 0.18, `${loss}`);
  assert.ok(after < 0.5 && after < before / 3, `${before} → ${after}`);
});

test("a trial trains both a step at a time, and draws its samples from the same noise", () => {
  const trial = new Trial(notesTables(), shapeOf("spiral"), 1, 1),
    [one, two] = [trial.sample(), trial.sample()];
  assert.deepEqual(one, two);
  for (let i = 0; i < EVERY; i++) trial.train();
  for (const losses of Object.values(trial.losses)) assert.equal(losses.length, 1);
  assert.notDeepEqual(trial.sample(), one);
});
