// The page of plain files: its events, and what it asks for by address.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Events } from "../../ddpm_hf/demo/static/events.js";
import { nameOf, isHalfTyped } from "../../ddpm_hf/demo/views/schedule/asked.js";
import { latest, UNCHANGED } from "../../ddpm_hf/demo/web/answers.js";

const settled = () => new Promise((resolve) => setTimeout(resolve));

// Parts that only hold a value, and what they told.
function partsWith(values, told) {
  return new Map(
    Object.entries(values).map(([block, value]) => {
      const part = { held: value, update: (change) => told.push([block, change]) };
      Object.defineProperty(part, "value", {
        get: () => part.held,
        set: (next) => {
          part.held = next;
          told.push([block, next]);
        },
      });
      return [block, part];
    }),
  );
}

test("an event takes its inputs, puts its outputs, and then lets follow what comes after it", async () => {
  const told = [],
    parts = partsWith({ a: 2, b: 0, c: 0 }, told);
  const events = [
    { targets: [["a", "change"]], after: null, inputs: ["a"], outputs: ["b"], run: (a) => a + 1 },
    { targets: [], after: 0, inputs: ["b"], outputs: ["c"], run: async (b) => 10 * b },
    { targets: [["b", "change"]], after: null, inputs: [], outputs: ["c"], run: () => -1 },
  ];
  new Events(events, parts).fire("a", "change");
  await settled();
  assert.deepEqual(told, [
    ["b", 3],
    ["c", 30],
  ]);
});

test("an update is given to the part, and a list to the parts in turn", async () => {
  const told = [],
    change = { visible: false, __type__: "update" };
  const run = () => [change, 7];
  const event = { targets: [["a", "click"]], after: null, inputs: [], outputs: ["a", "b"], run };
  new Events([event], partsWith({ a: 0, b: 0 }, told)).fire("a", "click");
  await settled();
  assert.deepEqual(told, [
    ["a", change],
    ["b", 7],
  ]);
});

test("an event begins when all that is being put in is there", async () => {
  const told = [],
    parts = partsWith({ a: 1, b: 1 }, told);
  const seen = [];
  const run = (a, b) => seen.push([a, b]);
  const event = { targets: [["a", "change"]], after: null, inputs: ["a", "b"], outputs: [], run };
  const events = new Events([event], parts);
  parts.get("a").held = 2;
  events.fire("a", "change"); // as a control does while two of them are written
  parts.get("b").held = 3;
  await settled();
  assert.deepEqual(seen, [[2, 3]]);
});

test("of the questions that wait only the newest is asked", async () => {
  const asked = [];
  let answer;
  const ask = latest(async (question) => {
    asked.push(question);
    if (question === 1)
      await new Promise((resolve) => {
        answer = resolve;
      });
    return question;
  });
  const first = ask(1);
  await settled();
  const others = [ask(2), ask(3)];
  answer();
  assert.deepEqual(await Promise.all([first, ...others]), [1, UNCHANGED, 3]);
  assert.deepEqual(asked, [1, 3]);
});

test("a schedule's name says what Python's says", () => {
  const limits = { byBetas: ["linear"], most: [[10, 4000], [1e-6, 1], [1e-6, 1]] };
  assert.equal(nameOf(limits, ["linear", 2000, 0.0001, 0.02, false]), "linear-2000-0.0001-0.02");
  assert.equal(nameOf(limits, ["linear", 500, 0.00001, 0.2, true]), "linear-500-0.00001-0.2-zero");
  assert.equal(nameOf(limits, ["laplace", 100, 0.001, 0.5, false]), "laplace-100");
  assert.ok(isHalfTyped(limits, ["linear", 5, 0.0001, 0.02, false]));
  assert.ok(isHalfTyped(limits, ["linear", null, 0.0001, 0.02, false]));
  assert.ok(!isHalfTyped(limits, ["linear", 50, 0.0001, 0.02, false]));
});
