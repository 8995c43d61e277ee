// Losses by training step, each the mean of a few steps.
import { evenTicks, linearAxis } from "../../../web/axes.js";
import { Area, svgNode } from "../../../web/chart.js";

const BOX = { width: 400, height: 200, left: 40, right: 8, top: 8, bottom: 24 };

// lines: {name of its class: losses}; each stands for `every` steps. level: a dashed line, or null.
export function drawCurves(svg, lines, every, steps, top, level) {
  const up = linearAxis(0, top, evenTicks(0, top)),
    area = new Area(BOX, linearAxis(0, steps), up),
    { left, right, width, height } = BOX;
  const across = (value, name) => {
    const y = area.y(value);
    return svgNode("line", { class: name, x1: left, x2: width - right, y1: y, y2: y });
  };
  const text = (x, y, anchor, words) => svgNode("text", { x, y, "text-anchor": anchor }, words);
  const parts = up.ticks.flatMap((tick) => [
    across(tick, "rule"),
    text(left - 6, area.y(tick) + 4, "end", Number(tick.toPrecision(2))),
  ]);
  parts.push(text(left, height - 8, "start", 0), text(width - right, height - 8, "end", steps));
  if (level !== null) parts.push(across(level, "least"));
  for (const [name, losses] of Object.entries(lines)) {
    const shown = losses.map((loss) => Math.min(loss, top)),
      at = shown.map((_, i) => (i + 0.5) * every);
    parts.push(svgNode("path", { class: name, d: area.path(at, shown) }));
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren(...parts);
}
