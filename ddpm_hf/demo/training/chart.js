// A chart in SVG: steps across, a logarithmic scale upwards.
const WIDTH = 640, HEIGHT = 360, LEFT = 70, RIGHT = 12, TOP = 12, BOTTOM = 44;

const svg = (parent, name, attributes, ...content) => parent.appendChild(svgNode(name, attributes, ...content));

const last = (list) => list[list.length - 1];

// The 1, 2 and 5 times powers of ten between low and high.
function ticks(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++)
    for (const m of [1, 2, 5]) if (m * 10 ** power >= low && m * 10 ** power <= high) found.push(m * 10 ** power);
  return found;
}

function scales(numbers, losses) {
  const low = Math.min(...losses) / 1.1, high = Math.max(...losses) * 1.1;
  const across = (number) => LEFT + ((WIDTH - LEFT - RIGHT) * number) / last(numbers);
  const share = (loss) => Math.log(loss / low) / Math.log(high / low);
  const up = (loss) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share(loss);
  return { low, high, across, up };
}

function drawAxes(chart, { low, high, across, up }, numbers, words) {
  for (const y of ticks(low, high)) {
    svg(chart, "line", { class: "rule", x1: LEFT, x2: WIDTH - RIGHT, y1: up(y), y2: up(y) });
    svg(chart, "text", { x: LEFT - 8, y: up(y) + 5, "text-anchor": "end" }, Number(y.toPrecision(1)));
  }
  const final = last(numbers), stride = Math.max(1, Math.round(final / 5 / 500)) * 500;
  for (let x = 0; x <= final; x += stride)
    svg(chart, "text", { x: across(x), y: HEIGHT - BOTTOM + 18, "text-anchor": "middle" }, x);
  svg(chart, "text", { x: (LEFT + WIDTH) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, words.steps);
  svg(chart, "text", { x: 14, y: HEIGHT / 2 - 20, "text-anchor": "middle", transform: `rotate(-90 14 ${HEIGHT / 2 - 20})` }, words.loss);
}

const line = (chart, kind, xs, ys, { across, up }) =>
  svg(chart, "path", { class: kind, d: "M" + xs.map((x, i) => `${across(x)} ${up(ys[i])}`).join("L") });
