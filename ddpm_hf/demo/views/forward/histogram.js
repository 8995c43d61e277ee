// How often each pixel value occurs, beside N(0, 1).
import { histogram, normalDensity } from "./statistics.js";

const BINS = 80,
  REACH = 4; // from −4 to 4
const HEIGHT = 40;
const HIGHEST = 0.8; // of the density; N(0, 1) reaches 0.40

const y = (density) => (HEIGHT - (HEIGHT * Math.min(density, HIGHEST)) / HIGHEST).toFixed(2);

const normal = Array.from({ length: BINS + 1 }, (_, i) => {
  const at = y(normalDensity(-REACH + (2 * REACH * i) / BINS));
  return `${i ? "L" : "M"}${i} ${at}`;
}).join("");

export function drawNormal(svg) {
  svg.querySelector(".normal").setAttribute("d", normal);
}

export function drawHistogram(svg, x) {
  const densities = Array.from(histogram(x, BINS, REACH));
  const bars = densities.map((density, i) => `M${i} ${HEIGHT}V${y(density)}h1V${HEIGHT}Z`);
  svg.querySelector(".bars").setAttribute("d", bars.join(""));
}
