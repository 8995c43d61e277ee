// The exponents of Bayes' rule: parabolas, which add up to one whose square is then completed.
import { linearAxis } from "../../web/axes.js";
import { exponentsOf } from "./facts.js";
import { abscissae } from "./normal.js";
import { RANGE, areaOf, drawCurve, drawCursor, drawGrid } from "./scale.js";

const LOW = -8;

export function drawParabolas(svg, f, wrong) {
  const up = { ...linearAxis(LOW, 0.5, [-8, -6, -4, -2, 0]), shows: (y) => y >= LOW },
    area = areaOf(svg, { height: 200, bottom: 24 }, up),
    spots = [f.mean, f.centres[0], f.centres[1]].map((middle) => [middle, f.sigma]),
    xs = abscissae(RANGE, spots);
  drawGrid(svg, area);
  const curves = {
    likelihood: ([likelihood]) => likelihood,
    prior: ([, prior]) => prior,
    product: ([likelihood, prior]) => likelihood + prior,
    posterior: ([likelihood, prior, jump]) => likelihood + prior - jump,
  };
  for (const [name, of] of Object.entries(curves))
    drawCurve(svg, area, name, xs, (x) => of(exponentsOf(f, x)));
  if (wrong?.variance)
    drawCurve(svg, area, "wrong", xs, (x) => Math.min(1, wrongExponent(wrong, x)));
  drawCursor(svg, area, f.x);
}

// With its highest point at 0, as that of the right one; a mixture's is no parabola.
function wrongExponent({ mean, variance, density }, x) {
  if (!density) return -((x - mean) ** 2) / variance / 2;
  return Math.log(density(x) * Math.sqrt(2 * Math.PI * variance));
}
