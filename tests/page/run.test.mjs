import assert from "node:assert/strict";
import test from "node:test";
import { advanced, frameAt } from "../../ddpm_hf/demo/web/player.js";
import {
  IDLE,
  arrived,
  failed,
  isActive,
  started,
  stopped,
  told,
} from "../../ddpm_hf/demo/web/run/state.js";

// `n` frames of a run, the first of them `first` of 5.
const chunk = (run, first, n) => ({ run, first, t: Array(n).fill(0), total: 5 });
const after = (...steps) => steps.reduce((state, step) => step(state), IDLE);
const start = (run) => (state) => started(state, run);
const frames = (run, first, n) => (state) => arrived(state, chunk(run, first, n));
const words = (state, saving = false) => told(state, saving)[0];

test("a run waits, samples and is done", () => {
  assert.equal(words(IDLE), "idle");
  assert.equal(words(after(start("a"))), "waiting");
  assert.deepEqual(told(after(start("a"), frames("a", 0, 1)), false), ["sampling", 20]);
  const done = after(start("a"), frames("a", 0, 2), frames("a", 2, 3));
  assert.equal(words(done), "done");
  assert.ok(!isActive(done));
});

test("frames that were lost do not keep a run from ending", () => {
  const state = after(start("a"), frames("a", 0, 1), frames("a", 4, 1));
  assert.equal(words(state), "done");
  const late = after(start("a"), frames("a", 3, 1), frames("a", 0, 1));
  assert.equal(late.shown.frames, 4, "nor does one that comes late take frames away");
});

test("what comes of another run changes nothing", () => {
  const second = after(start("a"), frames("a", 0, 2), start("b"));
  assert.equal(words(second), "waiting");
  assert.equal(frames("a", 2, 3)(second), second);
  assert.equal(words(frames("b", 0, 1)(second)), "sampling");
});

test("a stopped run stays stopped, whatever still comes of it", () => {
  const state = after(start("a"), frames("a", 0, 2), stopped);
  assert.equal(words(state), "stopped");
  assert.equal(frames("a", 2, 3)(state), state);
  assert.equal(failed(state), state);
  assert.equal(words(after(start("a"), stopped)), "idle", "no frame has come");
  assert.equal(stopped(IDLE), IDLE);
});

test("after a run that was refused the one before is still told of", () => {
  const done = after(start("a"), frames("a", 0, 5));
  assert.equal(words(after(() => done, start("b"), failed)), "done");
  assert.equal(words(after(start("b"), failed)), "idle");
  assert.equal(failed(done), done);
});

test("an earlier run's failure is put right by the next frames, and Stop still stops", () => {
  const failing = after(start("a"), start("b"), failed);
  assert.equal(words(frames("b", 0, 1)(failing)), "sampling");
  assert.equal(stopped(failing).phase, "stopped");
});

test("saving is told of unless a run is waited for", () => {
  assert.equal(words(IDLE, true), "saving");
  assert.equal(words(after(start("a")), true), "waiting");
  assert.equal(words(after(start("a"), frames("a", 0, 5)), true), "saving");
});

// Every sequence of up to six of these, against what a person expects.
test("whatever the order, the last start or stop counts", () => {
  const moves = {
    start: (state, n) => started(state, n),
    stop: stopped,
    fail: failed,
    old: (state) => arrived(state, chunk(0, 0, 5)), // of a run before all these
    some: (state) => arrived(state, chunk(state.run, 0, 2)),
    last: (state) => arrived(state, chunk(state.run, 4, 1)),
  };
  const active = { start: true, some: true, stop: false, last: false };
  function walk(state, isOpen, depth) {
    if (depth === 6) return;
    for (const [name, move] of Object.entries(moves)) {
      const next = move(state, depth + 1);
      if (name === "old") assert.equal(next, state);
      else if (name === "start") assert.ok(isActive(next));
      else if (name !== "fail" && isOpen) assert.equal(isActive(next), active[name], name);
      else if (!isOpen) assert.equal(next, state, name);
      const staysOpen = name === "start" || (isOpen && name !== "stop" && name !== "last");
      walk(next, staysOpen, depth + 1);
    }
  }
  walk(IDLE, false, 0);
});

test("playing waits at the newest frame, or begins again", () => {
  assert.equal(advanced(2, 0.5, 10, false), 2.5);
  assert.equal(advanced(9.8, 0.5, 10, false), 10);
  assert.equal(advanced(10, 0.5, 10, false), 10);
  assert.equal(advanced(10, 0.5, 10, true), 0);
});

test("a lost frame is replaced by the one before it, or by the first", () => {
  const kept = [];
  [kept[1], kept[4]] = ["one", "four"];
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((i) => frameAt(kept, i)),
    ["one", "one", "one", "one", "four"],
  );
});
