import assert from "node:assert/strict";
import test from "node:test";
import { faultsIn, linkTo, scriptOf, settingsIn } from "../../ddpm_hf/demo/views/generate/link.js";
import { described, paced } from "../../ddpm_hf/demo/views/generate/events.js";
import { thumbnails } from "../../ddpm_hf/demo/views/generate/player/film.js";
import { gridOf, imageAt } from "../../ddpm_hf/demo/views/generate/player/grid.js";
import { risesAnew, runningMeans } from "../../ddpm_hf/demo/views/training/course.js";
import { viewIn } from "../../ddpm_hf/demo/web/address/tabs.js";
import { wholeWidth } from "../../ddpm_hf/demo/web/canvas.js";
import { nearest } from "../../ddpm_hf/demo/web/nearest.js";
import { filled, languageOf } from "../../ddpm_hf/demo/web/page.js";

const HERE = "http://host/sub/?lang=zh&tab=generate";
const CONTROLS = [0, 4, 100, "small", 1, "cats-32", "", 1, "even", "ddpm"];
const CLASSES = [3, 2, 50, "large", 0.5, "fashion-28", "7", 3, "visible", "fast"];

test("a link has all settings, and gives them back", () => {
  for (const settings of [CONTROLS, CLASSES])
    assert.deepEqual(settingsIn(linkTo(HERE, settings), CONTROLS, "cats-32"), settings);
  assert.equal(
    linkTo(HERE, CONTROLS),
    "http://host/sub/?lang=zh&seed=0&number=4&steps=100&spacing=even&sampler=ddpm&variance=small&noise=1&model=cats-32",
  );
});

test("what a link lacks, or what is no number, is as the controls have it", () => {
  assert.deepEqual(settingsIn("http://host/", CONTROLS, "cats-32"), CONTROLS);
  assert.deepEqual(
    settingsIn("http://host/?seed=abc&steps=&number=1e1", CONTROLS, "cats-32").slice(0, 3),
    [0, 10, 100],
  );
});

const whole = (low, high) => ({ kind: "whole", name: { en: "It", zh: "它" }, low, high });
const BOUNDS = [
  whole(0, 2 ** 31 - 1),
  whole(1, 16),
  whole(10, 2000),
  { kind: "choice", name: { en: "σ²", zh: "σ²" }, known: ["small", "large"] },
  { ...whole(0, 2), kind: "number" },
  { kind: "choice", name: { en: "Model", zh: "模型" }, known: ["cats-32", "fashion-28"] },
  {
    kind: "choice",
    name: { en: "Class", zh: "类别" },
    known: [],
    byModel: { "cats-32": [], "fashion-28": ["each", "any", "0", "1"] },
  },
];

test("what a link asks for and can't have is named with what was asked", () => {
  const faults = (query) => [...faultsIn(`http://host/?${query}`, BOUNDS, "cats-32", "zh")];
  assert.deepEqual(faults("seed=3&number=16&steps=10&variance=large&noise=0.5&model=other"), []);
  for (const [query, at, key, value] of [
    ["seed=abc&steps=20", 0, "limits_whole", "abc"],
    ["seed=", 0, "limits_whole", "–"],
    ["number=17", 1, "limits_whole", 17],
    ["steps=10.5", 2, "limits_whole", 10.5],
    ["variance=5", 3, "limits_choice", "5"],
    ["noise=NaN", 4, "limits_number", "NaN"],
    ["class=99", 6, "no_classes", "99"],
    ["model=fashion-28&class=99", 6, "limits_choice", "99"],
  ]) {
    const [[i, fault], ...others] = faults(query);
    assert.deepEqual([i, fault.key, fault.values.value], [at, key, value], query);
    assert.equal(others.length, 0, query);
  }
  assert.equal(faults("seed=-1&noise=3").length, 2);
  for (const known of ["model=fashion-28&class=1", "class=each", "model=fashion-28&class=", "model=me/own&class=99"])
    assert.deepEqual(faults(known), [], known);
});

test("a picture's pixels are all as wide as a whole number of the screen's", () => {
  for (const [pixels, room, ratio, width] of [
    [64, 260, 1, 256],
    [64, 260, 1.25, 5 * 64 / 1.25],
    [64, 110, 3, 5 * 64 / 3],
    [96, 191, 2, 3 * 48],
    [256, 260, 1, 256],
    [256, 200, 1, 200], // there is not one for each
    [64, 112, 1, 112], // there is one for each, and nearly another
  ])
    assert.equal(wholeWidth(pixels, room, ratio), width);
});

test("the first model of the page knows no classes", () => {
  for (const link of [
    "http://host/?class=3&guidance=4",
    "http://host/?class=3&guidance=4&model=cats-32",
  ])
    assert.deepEqual(settingsIn(link, CONTROLS, "cats-32").slice(6, 8), ["", 1]);
});

test("the script says what differs from the model's own", () => {
  const plain = scriptOf(CONTROLS, ["cats-32", "fashion-28"]);
  assert.ok(
    ["DDPMScheduler", "noise_scale", "class", "eta", "order"].every((it) => !plain.includes(it)),
  );
  const script = scriptOf(CLASSES, ["cats-32", "fashion-28"]);
  for (const part of [
    'variance_type="fixed_large", timestep_spacing="visible"',
    "noise_scale=0.5,",
    "eta=0.3,",
    "solver_order=2,",
    "class_labels=7,",
    "guidance_scale=3,",
  ])
    assert.ok(script.includes(part), part);
  assert.ok(
    scriptOf(CONTROLS, []).includes('variance_type="fixed_small"'),
    "a model from elsewhere",
  );
  assert.ok(scriptOf(CONTROLS.with(3, "none"), ["cats-32"]).includes("noise_scale=0,"));
  assert.ok(scriptOf(CONTROLS.with(9, "ddim"), ["cats-32"]).includes("eta=0.0,"));
  assert.ok(
    scriptOf(CLASSES.with(6, "each"), ["fashion-28"]).includes(
      "[i % len(pipe.class_names) for i in range(2)]",
    ),
  );
  assert.ok(
    scriptOf(CONTROLS.with(5, 'a"b'), []).includes('from_pretrained("a\\"b")'),
    "it is quoted",
  );
});

test("the fast sampler brings its steps, and takes them away again", () => {
  const paces = { first: [100, "even"], fast: [12, "visible"] };
  assert.deepEqual(paced(paces, "fast", 50, "even"), [12, "visible"]);
  assert.deepEqual(paced(paces, "ddpm", 12, "visible"), [100, "even"]);
  assert.deepEqual(paced(paces, "ddim", 50, "quadratic"), [50, "quadratic"]);
});

test("while a box is empty, link and script stay", () => {
  assert.deepEqual(
    described(["cats-32"], ...CONTROLS.with(0, null)),
    Array(2).fill({ __type__: "update" }),
  );
});

test("a view that there is not is not opened", () => {
  assert.equal(viewIn("http://host/?tab=jump", ["generate", "jump"]), "jump");
  assert.equal(viewIn("http://host/?tab=foo", ["generate", "jump"]), null);
});

test("images stand in the smallest square, row by row", () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 16].map((n) => Object.values(gridOf(n)).join("×")),
    ["1×1", "2×1", "2×2", "2×2", "3×2", "4×4"],
  );
  assert.equal(imageAt(3, 0.7, 0.2), 1);
  assert.equal(imageAt(3, 0.2, 0.7), 2);
  assert.equal(imageAt(3, 0.7, 0.7), null);
});

test("the filmstrip goes from the first frame to the last", () => {
  assert.deepEqual(thumbnails(121), [0, 15, 30, 45, 60, 75, 90, 105, 120]);
  assert.deepEqual(thumbnails(3), [0, 1, 2]);
});

test("a course: running means, and whether the rate rises anew", () => {
  assert.deepEqual(runningMeans([4, 2, 0, 8], 2), [4, 3, 1, 4]);
  assert.ok(!risesAnew([0, 1, 2, 1, 0]) && risesAnew([0, 2, 1, 0, 1, 0]));
});

test("the nearest of some numbers, the first of two", () => {
  assert.deepEqual(
    [0, 2.9, 3, 3.1, 99].map((t) => nearest([1, 5, 9], t)),
    [0, 0, 0, 1, 2],
  );
});

test("strings are filled in, in the browser's language", () => {
  assert.equal(filled("{n} of {m}, {n}", { n: 1, m: 2 }), "1 of 2, 1");
  assert.deepEqual(["zh-CN", "zh", "en-US", "de"].map(languageOf), ["zh", "zh", "en", "en"]);
});
