import assert from "node:assert/strict";
import test from "node:test";
import { AREAS, dabbed, filled, tinted } from "../../ddpm_hf/demo/views/edit/form/mask.js";
import { walkOf } from "../../ddpm_hf/demo/web/engine/repaint.js";

const SIDE = 8;
const count = (mask) => mask.reduce((sum, value) => sum + value, 0);

test("each area is the part of the picture that it is called", () => {
  const counts = Object.keys(AREAS).map((area) => count(filled(area, SIDE)));
  assert.deepEqual(counts, [32, 32, 32, 32, 16, 0]);
  assert.deepEqual([...filled("left", 2)], [1, 0, 1, 0]);
  assert.deepEqual([...filled("lower", 2)], [0, 0, 1, 1]);
});

test("a dab of the brush is about the pointer, and can be taken away again", () => {
  const mask = dabbed(filled("nothing", SIDE), SIDE, 2.5, 3.5, 1);
  assert.equal(mask[3 * SIDE + 2], 1);
  assert.equal(count(mask), 1); // of a small picture, one pixel
  assert.ok(count(dabbed(filled("nothing", 32), 32, 16, 16, 1)) > 20);
  assert.equal(count(dabbed(mask, SIDE, 2.5, 3.5, 0)), 0);
});

test("what is drawn anew is tinted, the rest is as it was", () => {
  const shown = tinted(new Uint8Array(6).fill(100), Uint8Array.of(0, 1));
  assert.deepEqual([...shown], [100, 100, 100, 194, 92, 38]);
});

test("without a mask no step comes twice; with one, each stretch comes as often as told", () => {
  const plan = { timesteps: [4, 3, 2, 1, 0] };
  assert.deepEqual(walkOf({ plan, mask: null }), [0, 1, 2, 3, 4]);
  const jumps = { mask: [1], jump_length: 2, jump_n_sample: 2 };
  assert.deepEqual(walkOf({ plan, ...jumps }), [0, 1, 0, 1, 2, 3, 2, 3, 4]);
});
