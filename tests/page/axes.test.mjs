import assert from "node:assert/strict";
import test from "node:test";
import {
  evenTicks,
  linearAxis,
  logAxis,
  multiples,
  oneTwoFive,
  powersOfTen,
} from "../../ddpm_hf/demo/web/axes.js";
import { Area } from "../../ddpm_hf/demo/web/chart.js";
import { digits } from "../../ddpm_hf/demo/web/digits.js";
import { timeAxis, valueAxis } from "../../ddpm_hf/demo/views/schedule/plot.js";

const near = (a, b, tolerance = 1e-9) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

test("even ticks are round numbers from end to end", () => {
  assert.deepEqual(evenTicks(0, 1), [0, 0.25, 0.5, 0.75, 1]);
  assert.deepEqual(evenTicks(0, 0.02), [0, 0.005, 0.01, 0.015, 0.02]);
  assert.deepEqual(evenTicks(1, 2000), [500, 1000, 1500, 2000]);
  assert.deepEqual(multiples(37810, 500), [0, 7500, 15000, 22500, 30000, 37500]);
  assert.deepEqual(multiples(400, 500), [0]);
});

test("logarithmic ticks lie between the ends", () => {
  assert.deepEqual(powersOfTen(1, 1000), [1, 10, 100, 1000]);
  assert.ok(powersOfTen(1e-8, 1e4).length <= 5);
  const ticks = oneTwoFive(0.004, 1.2);
  assert.equal(
    ticks.map((v) => Number(v.toPrecision(1))).join(" "),
    "0.005 0.01 0.02 0.05 0.1 0.2 0.5 1",
  );
});

test("an axis maps its ends to 0 and 1, and each place back", () => {
  for (const axis of [linearAxis(1, 2000), logAxis(1, 2000), logAxis(1e-8, 1e4)])
    for (const place of [0, 0.1, 0.5, 1]) near(axis.place(axis.value(place)), place);
  near(linearAxis(1, 3).place(2), 0.5);
  near(logAxis(1e-4, 1).place(1e-2), 0.5);
});

test("a logarithmic axis shows eight powers of ten at most, and none of the values below", () => {
  const axis = valueAxis([5, 0, 1e-12], true);
  near(axis.place(10), 1);
  assert.ok(axis.shows(1e-7) && !axis.shows(1e-9) && !axis.shows(0));
  assert.ok(valueAxis([5, 0, 1e-12], false).shows(0));
  near(timeAxis(2000, true).place(2000), 1);
});

test("an area has its axes inside the margins, y upwards", () => {
  const box = { width: 100, height: 50, left: 10, right: 20, top: 4, bottom: 6 };
  const area = new Area(box, linearAxis(0, 7), logAxis(1, 100));
  assert.deepEqual([area.x(0), area.x(7), area.y(1), area.y(100)], [10, 80, 44, 4]);
  assert.equal(area.path([0, 7], [1, 100]), "M10 44L80 4");
  assert.equal(area.path([0, 3, 7], [1, 0, 100]), "M10 44L80 4", "0 is below the axis");
  assert.equal(area.path([], []), "");
  const svg = { getBoundingClientRect: () => ({ left: 1000, width: 200 }) };
  near(area.under({ clientX: 1160 }, svg), 7);
});

test("numbers have three significant digits", () => {
  const told = [
    [0, "0"],
    [1, "1"],
    [0.60345, "0.603"],
    [1999.6, "2000"],
    [4.04e-5, "4.04·10⁻⁵"],
    [12345678, "1.23·10⁷"],
  ];
  for (const [x, words] of [...told, [NaN, "NaN"], [-0.00012, "-1.2·10⁻⁴"]])
    assert.equal(digits(x), words);
});
