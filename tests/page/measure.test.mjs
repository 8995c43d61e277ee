import assert from "node:assert/strict";
import test from "node:test";
import { judged, measured, nearer, notes, verdict } from "../../ddpm_hf/demo/views/jump/measure.js";
import { rmse, sharpness } from "../../ddpm_hf/demo/web/sharpness.js";

const SIDE = 32;
const SHAPE = { width: SIDE, height: SIDE };
// A picture whose three channels are the same function of x and y.
const picture = (value) =>
  Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return value(pixel % SIDE, Math.floor(pixel / SIDE));
  });
const checks = (low, high) => picture((x, y) => ((x + y) % 2 ? high : low));

test("sharpness is the mean Laplacian in [-1, 1], the error is in grey levels", () => {
  assert.equal(sharpness(picture(() => 7), SIDE, SIDE), 0);
  assert.equal(sharpness(picture((x) => 8 * x), SIDE, SIDE), 0, "a slope has none");
  assert.equal(sharpness(checks(0, 255), SIDE, SIDE), 8, "each neighbour is 2 away");
  assert.equal(rmse(checks(10, 20), checks(13, 16)), Math.sqrt((9 + 16) / 2));
});

test("the verdict follows the numbers", () => {
  for (const [jump, chain, gain, key] of [
    [100, 100, 0.1, "alike"],
    [103, 103, 1.1, "alike"],
    [100, 99, 1.1, "alike"],
    [102, 104, 2.3, "alike"],
    [80, 100, 0.1, "blurry"],
    [96, 100, 3.4, "blurry"],
    [90, 90, 6.2, "hidden"],
    [140, 100, 9.0, "speckled"],
    [338, 350, 3.4, "foreign"],
    [53, 24, 0.2, "foreign"],
  ]) {
    const said = judged({ error: 1, sharpness: jump }, [{ error: 1.2, sharpness: chain }], gain);
    assert.equal(said.key, key, `${jump}, ${chain}, ${gain}`);
    assert.deepEqual([said.jump_sharpness, said.chain_sharpness], [jump, chain]);
  }
  const farther = judged({ error: 2, sharpness: 80 }, [{ error: 1, sharpness: 100 }], 0.1);
  assert.equal(farther.key, "blurry_and_farther");
});

test("the chains count together", () => {
  const chains = [90, 100, 110].map((percent) => ({ error: percent / 10, sharpness: percent }));
  const said = judged({ error: 1, sharpness: 50 }, chains, 1);
  assert.deepEqual([said.chain_error, said.chain_sharpness], [10, 100]);
});

test("a picture without details has no sharpness to compare with", () => {
  const slope = picture((x) => 8 * x),
    pictures = [slope, slope, checks(0, 255), checks(9, 99), checks(9, 99)];
  assert.equal(measured(pictures[2], slope, SHAPE).key, "error");
  assert.deepEqual(
    verdict(pictures, SHAPE, { gain: 3.4 }).map(({ key }) => key),
    ["flat"],
  );
});

test("the jump is measured at once, the chains when they have arrived", () => {
  const pictures = [checks(0, 255), checks(1, 2), checks(0, 250), ...[254, 253].map((x) => checks(0, x))];
  const keys = (isLast) => notes(pictures, isLast, SHAPE).map((note) => note?.key);
  assert.deepEqual(keys(false), [undefined, undefined, "measured", undefined, undefined]);
  assert.deepEqual(keys(true), [undefined, undefined, "measured", "measured", "measured"]);
});

test("the jump is told to come nearer to the mean of more chains, where it does", () => {
  const jump = picture(() => 100),
    chains = [94, 110, 94, 110, 96, 112].map((value) => picture(() => value));
  // One chain is 8 away; all of the first four 2, and of the six 8/3.
  assert.equal(nearer(jump, chains.slice(0, 4)).told, "n = 1: 8, n = 4: 2");
  assert.equal(nearer(jump, chains), null);
  assert.equal(nearer(jump, chains.slice(0, 1)), null);
});
