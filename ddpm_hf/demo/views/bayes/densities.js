// Bayes' rule on one axis: the factors, their product, its area, and what dividing by it gives.
import { evenTicks, linearAxis } from "../../web/axes.js";
import { svgNode } from "../../web/chart.js";
import { densitiesOf } from "./facts.js";
import { abscissae, normal } from "./normal.js";
import { BINS, edgeOf } from "./sampling.js";
import { RANGE, areaOf, drawCurve, drawCursor, drawGrid, text } from "./scale.js";

const BOX = { height: 332, top: 12, bottom: 90 };
const HANDLES = { x0: 48, xt: 16 }; // how far above the lower edge each one's middle is: in a row of its own

const peak = (variance) => normal(0, 0, variance);

// Where there is something to be seen, in [mean, standard deviation].
const spots = (f, wrong) => [
  [f.mean, f.sigma],
  [f.centres[0], Math.sqrt(f.beta / f.alpha)],
  [f.centres[1], Math.sqrt(f.noiseVarS)],
  ...(wrong?.density ? [[wrong.mean, Math.sqrt(wrong.variance)]] : []),
];

function drawBars(svg, area, f, counts) {
  const n = counts.reduce((a, b) => a + b, 0),
    width = f.sigma / 4,
    ground = area.y(0);
  const d = Array.from({ length: BINS }, (_, i) => {
    const [from, to] = [edgeOf(i, f), edgeOf(i + 1, f)].map((x) => area.x(x));
    return `M${from} ${ground}V${area.y(counts[i] / n / width)}H${to}V${ground}Z`;
  });
  svg.append(svgNode("path", { class: "bars", d: d.join("") }));
}

// x_0 and x_t below the axis, to be dragged, each with a line to where its factor has its middle.
function drawHandles(svg, area, { x0, xt, centres }) {
  const { height, bottom } = area.box;
  for (const [name, at, centre, above, label] of [
    ["prior", x0, centres[1], HANDLES.x0, "x₀"],
    ["likelihood", xt, centres[0], HANDLES.xt, "xₜ"],
  ]) {
    const x = area.x(at),
      y = height - above,
      to = Math.max(-1e4, Math.min(1e4, area.x(centre)));
    svg.append(
      svgNode("path", { class: `pull ${name}`, d: `M${x} ${y}L${to} ${height - bottom}` }),
      svgNode("circle", { class: `handle ${name}`, cx: x, cy: y, r: 13 }),
      text(label, x, y + 4.5, { class: "name" }),
    );
  }
}

// ±σ around μ, as high as the curve is there.
function drawSpread(svg, area, { mean, sigma, variance }) {
  const y = area.y(normal(sigma, 0, variance)),
    [from, to] = [mean - sigma, mean + sigma].map((x) => area.x(x));
  svg.append(svgNode("path", { class: "spread", d: `M${from} ${y - 4}v8m0 -4H${to}m0 -4v8` }));
}

function drawWrong(svg, area, xs, wrong) {
  if (wrong.density && wrong.variance > 0) drawCurve(svg, area, "wrong", xs, wrong.density);
  else if (wrong.variance === 0) {
    const line = area.cursor({ class: "curve wrong" });
    area.stand(line, wrong.mean);
    svg.append(line);
  }
}

// wrong: what a misreading makes of it, or null; counts: of the sampled x_s, or null.
export function drawDensities(svg, f, wrong, counts) {
  const heights = [f.variance, f.beta, f.noiseVarS, f.noiseVarT].map(peak);
  if (wrong?.variance > 0) heights.push(Math.min(peak(wrong.variance), 2 * Math.max(...heights)));
  const high = Math.max(...heights) * 1.15,
    area = areaOf(svg, BOX, linearAxis(0, high, evenTicks(0, high))),
    xs = abscissae(RANGE, spots(f, wrong)),
    of = (name) => (x) => densitiesOf(f, x)[name];
  drawGrid(svg, area);
  if (counts) drawBars(svg, area, f, counts);
  const product = area.path(xs, xs.map(of("product")));
  svg.append(svgNode("path", { class: "area", d: `${product}V${area.y(0)}H${area.x(xs[0])}Z` }));
  drawCurve(svg, area, "normaliser", xs, (x) => normal(x, f.jumpMean, f.noiseVarT));
  for (const name of ["likelihood", "prior", "product", "posterior"])
    drawCurve(svg, area, name, xs, of(name));
  if (wrong) drawWrong(svg, area, xs, wrong);
  drawSpread(svg, area, f);
  drawCursor(svg, area, f.x);
  svg.append(
    svgNode("circle", {
      class: "dot normaliser",
      cx: area.x(f.xt),
      cy: area.y(f.normaliser),
      r: 4,
    }),
  );
  drawHandles(svg, area, f);
  return area;
}

// What is dragged from here: a handle, or the cursor.
export function heldAt(event, svg) {
  const above = svg.getBoundingClientRect().bottom - event.clientY;
  if (above > BOX.bottom - 20) return "x";
  return above > (HANDLES.x0 + HANDLES.xt) / 2 ? "x0" : "xt";
}
