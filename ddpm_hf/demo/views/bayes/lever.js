// A lever on the axis x_s: each factor hangs at its middle with the weight of its precision. It
// balances where it is held at −B/2A.
import { linearAxis } from "../../web/axes.js";
import { svgNode } from "../../web/chart.js";
import { RANGE, areaOf, text } from "./scale.js";

const BEAM = 44, // of the height of the drawing
  GROUND = 122, // where it stands
  HEIGHT = 144,
  STEEPEST = 11, // degrees
  LARGEST = 26; // radius of a weight that has all of A

const onAxis = (x) => Math.max(RANGE[0], Math.min(RANGE[1], x));

// Held where a misreading says, it tips.
const tiltOf = (f, held) =>
  Math.max(-STEEPEST, Math.min(STEEPEST, (40 * (f.mean - held)) / (RANGE[1] - RANGE[0])));

function weight(area, name, label, centre, share) {
  const x = area.x(onAxis(centre)),
    r = Math.max(3, LARGEST * Math.sqrt(share)),
    anchor = centre < RANGE[0] / 2 ? "start" : centre > RANGE[1] / 2 ? "end" : "middle";
  return [
    svgNode("path", { class: "beam", d: `M${x} ${BEAM}v14` }),
    svgNode("circle", { class: `weight ${name}`, cx: x, cy: BEAM + 14 + r, r }),
    text(label, x, BEAM - 10 - (name === "prior" ? 16 : 0), { "text-anchor": anchor }),
  ];
}

export function drawLever(svg, f, wrong) {
  const area = areaOf(svg, { height: HEIGHT }, linearAxis(0, 1)),
    held = wrong ? wrong.mean : f.mean,
    shares = f.precisions.map((precision) => precision / f.A),
    at = area.x(onAxis(held)),
    ends = [...f.centres, held].map((x) => area.x(onAxis(x))),
    tilt = svgNode("g", { transform: `rotate(${tiltOf(f, held)} ${at} ${BEAM})` });
  tilt.append(
    svgNode("path", {
      class: "beam",
      d: `M${Math.min(...ends) - 24} ${BEAM}H${Math.max(...ends) + 24}`,
    }),
    ...weight(area, "prior", "√ᾱₛ·x₀", f.centres[1], shares[1]),
    ...weight(area, "likelihood", "xₜ/√α", f.centres[0], shares[0]),
  );
  svg.append(
    tilt,
    svgNode("path", {
      class: wrong ? "fulcrum wrong" : "fulcrum",
      d: `M${at} ${BEAM}v${GROUND - BEAM - 12}l10 12h-20l10 -12`,
    }),
    text("−B/2A", at, GROUND + 14),
  );
  svg.dataset.tilt = tiltOf(f, held).toFixed(1);
}
