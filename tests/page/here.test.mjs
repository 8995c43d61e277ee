import assert from "node:assert/strict";
import test from "node:test";
import { keySteps } from "../../ddpm_hf/demo/views/generate/here.js";
import { OutOfBounds, check } from "../../ddpm_hf/demo/web/run/bounds.js";

test("the first and the last step become frames, and at most 119", () => {
  for (const K of [10, 100, 119, 120, 250, 1999, 2000]) {
    const keys = [...keySteps(K, 120)];
    assert.equal(keys.length, Math.min(K, 119), K);
    assert.deepEqual([keys[0], keys.at(-1)], [0, K - 1]);
    assert.deepEqual(keys, keys.toSorted((a, b) => a - b));
  }
});

const name = { en: "Steps", zh: "步数" };
const BOUNDS = [
  { kind: "whole", name, low: 10, high: 2000 },
  { kind: "number", name, low: 0, high: 2 },
  { kind: "choice", name, known: ["small", "large"] },
  null,
];
const refusal = (values, language = "en") => {
  try {
    check(BOUNDS, values, language);
  } catch (error) {
    assert.ok(error instanceof OutOfBounds);
    return error;
  }
  return null;
};

test("what fits is taken, and where there is no bound anything", () => {
  assert.equal(refusal([10, 0, "small", "whatever"]), null);
  assert.equal(refusal([2000, 1.5, "large", null]), null);
});

test("the first value that does not fit is named", () => {
  for (const value of [9, 2001, 10.5, null, "100", NaN]) {
    const { key, values } = refusal([value, 0, "small"]);
    assert.equal(key, "limits_whole");
    assert.deepEqual([values.name, values.low, values.high], ["Steps", 10, 2000]);
  }
  assert.equal(refusal([10, 3, "small"]).key, "limits_number");
  assert.equal(refusal([10, null, "small"], "zh").values.name, "步数");
  assert.equal(refusal([10, 1, "odd"]).values.known, "small, large");
});
