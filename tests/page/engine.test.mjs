import assert from "node:assert/strict";
import test from "node:test";
import { Chain } from "../../ddpm_hf/demo/web/engine/chain.js";
import { batchNoise, TorchNormal } from "../../ddpm_hf/demo/web/engine/noise.js";
import { toPixels } from "../../ddpm_hf/demo/web/engine/pixels.js";

const SIZES = [3, 12, 16, 25, 96];

test("a part of a draw is that part of the whole, and the next draw is the same", () => {
  for (const size of SIZES)
    for (const [from, to] of [
      [0, 1],
      [1, 3],
      [0, 3],
    ]) {
      const whole = new TorchNormal(1),
        draw = batchNoise(1, 3, size, from, to);
      for (let i = 0; i < 3; i++)
        assert.deepEqual(draw(), whole.draw(3 * size).slice(from * size, to * size));
    }
});

test("with a seed for each picture, its noise does not depend on the others", () => {
  const draw = batchNoise([5, 6, 7], 3, 16, 1, 3),
    six = new TorchNormal(6),
    seven = new TorchNormal(7);
  for (let i = 0; i < 2; i++)
    assert.deepEqual(draw(), Float32Array.of(...six.draw(16), ...seven.draw(16)));
});

// ẑ = x_t / 2 at one pixel, without noise.
function chainOf(plan, change) {
  const size = { from: 0, to: 1, number: 1, shape: [1, 1, 1], latents: Float32Array.of(8) },
    noise = { seed: 0, variance: "none", noise_scale: 1 },
    network = { prediction: "epsilon", clip: Infinity },
    classes = { guidance_scale: 1, class_label: null, nullClass: null },
    job = { plan, ...size, ...noise, ...network, ...classes, ...change };
  return new Chain((x) => x.map((value) => value / 2), job);
}

test("a step's mean may weigh the x̂_0 of the step before", () => {
  const plan = {
    timesteps: [9, 4],
    rates: [
      [1, 1],
      [1, 1],
    ],
    mean: [
      [0.5, 0.25],
      [0.5, 0.25, 2],
    ],
    std: { small: [1, 0], large: [1, 0] },
  };
  const chain = chainOf(plan),
    one = chain.step(),
    two = chain.step();
  assert.deepEqual([one.x_0[0], one.sample[0]], [4, 5]);
  assert.deepEqual([two.x_0[0], two.sample[0]], [2.5, 2.5 + 0.625 + 8]);
  const clipped = chainOf(plan, { clip: 1 }).step();
  assert.deepEqual([clipped.x_0[0], clipped.z_hat[0], clipped.sample[0]], [1, 4, 4.25]);
});

test("pixels are rounded as NumPy rounds, grey is repeated, an alpha channel left out", () => {
  const grey = { channels: 1, height: 1, width: 4 };
  const levels = (values) =>
    [...toPixels(Float32Array.from(values), grey)].filter((_, i) => i % 3 === 0);
  assert.deepEqual(levels([-1, -2, 1, 2]), [0, 0, 255, 255]);
  assert.deepEqual(levels([0, 1 / 255, 2 / 255, -1 / 255]), [128, 128, 128, 127]); // 127.5, 128, 128.5
  const four = toPixels(Float32Array.of(-1, 1, 1, -1), { channels: 4, height: 1, width: 1 });
  assert.deepEqual([...four], [0, 255, 255]);
});
