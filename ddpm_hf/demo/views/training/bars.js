// A bar chart of losses.
import { svgNode } from "../../web/chart.js";

const WIDTH = 640,
  HIGHEST = 150,
  FLOOR = 170;

// A value may be null: no bar. told(value): what is written above it.
export function drawBars(svg, labels, values, told) {
  const top = Math.max(...values),
    stride = WIDTH / values.length;
  const parts = values.flatMap((value, k) => {
    const height = (HIGHEST * (value ?? 0)) / top,
      x = stride * k,
      middle = x + stride / 2;
    return [
      svgNode("rect", { class: "bar", x: x + 4, y: FLOOR - height, width: stride - 8, height }),
      svgNode(
        "text",
        { x: middle, y: FLOOR - 5 - height, "text-anchor": "middle" },
        value === null ? "" : told(value),
      ),
      svgNode("text", { x: middle, y: FLOOR + 20, "text-anchor": "middle" }, labels[k]),
    ];
  });
  svg.replaceChildren(...parts);
}
