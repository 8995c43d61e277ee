// The axis x_s that all drawings of the view share, as wide as the page is.
import { linearAxis } from "../../web/axes.js";
import { Area, svgNode } from "../../web/chart.js";
import { digits } from "../../web/digits.js";

export const RANGE = [-3, 3];
export const MARGIN = { left: 44, right: 10 };

// An SVG to be drawn anew: of this height, with an axis up, and the axis x_s across.
export function areaOf(svg, { height, top = 8, bottom = 8 }, up) {
  const width = svg.clientWidth,
    across = linearAxis(...RANGE, [-3, -2, -1, 0, 1, 2, 3]);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.style.height = `${height}px`;
  svg.replaceChildren();
  return new Area({ width, height, top, bottom, ...MARGIN }, across, up);
}

export const text = (content, x, y, attributes = {}) =>
  svgNode("text", { x, y, "text-anchor": "middle", ...attributes }, content);

// Lines and numbers of both axes.
export function drawGrid(svg, area) {
  const { width, height, left, right, bottom } = area.box;
  for (const tick of area.up.ticks) {
    const y = area.y(tick);
    svg.append(svgNode("path", { class: "grid", d: `M${left} ${y}H${width - right}` }));
    svg.append(text(digits(tick).replace("-", "−"), left - 5, y + 4, { "text-anchor": "end" }));
  }
  for (const tick of area.across.ticks) {
    svg.append(svgNode("path", { class: "grid", d: `M${area.x(tick)} ${height - bottom}v4` }));
    svg.append(text(String(tick).replace("-", "−"), area.x(tick), height - bottom + 16));
  }
  svg.append(text("xₛ", width - right, height - bottom - 6, { "text-anchor": "end" }));
}

// A curve through f at these x.
export function drawCurve(svg, area, name, xs, f) {
  svg.append(svgNode("path", { class: `curve ${name}`, d: area.path(xs, xs.map(f)) }));
}

export function drawCursor(svg, area, x) {
  const cursor = area.cursor({ class: "cursor" });
  area.stand(cursor, x);
  svg.append(cursor);
}
