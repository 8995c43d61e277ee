// One quantity of all schedules, over t.
import { evenTicks, linearAxis, logAxis, powersOfTen } from "../../web/axes.js";
import { Area, svgNode } from "../../web/chart.js";
import { digits } from "../../web/digits.js";

const BOX = { width: 320, height: 190, left: 46, right: 8, top: 8, bottom: 20 };
const DECADES = 8; // a logarithmic axis shows no more, for the last values run to nothing

// The axis across, 1..T.
export const timeAxis = (T, isLog) =>
  isLog ? logAxis(1, T, powersOfTen(1, T)) : linearAxis(1, T, evenTicks(1, T));

// The axis up: from 0, or over whole powers of ten.
export function valueAxis(values, isLog) {
  const high = Math.max(...values);
  if (!isLog) return linearAxis(0, high, evenTicks(0, high));
  const least = Math.min(...values.filter((v) => v > 0));
  const low = 10 ** Math.floor(Math.log10(Math.max(least, high / 10 ** DECADES)));
  const top = 10 ** Math.ceil(Math.log10(high) - 1e-9);
  return logAxis(low, top, powersOfTen(low, top));
}

export function keyOf(name, textContent) {
  return Object.assign(document.createElement("span"), { className: `key ${name}`, textContent });
}

export class Plot {
  // point(t) is called where the reader points at t. say: the view's.
  constructor({ quantity, title }, schedules, { T, isLogT, isLogY }, point, say) {
    const values = schedules.flatMap((s) => s.curves[quantity]);
    Object.assign(this, { quantity, schedules, say });
    this.area = new Area(BOX, timeAxis(T, isLogT), valueAxis(values, isLogY));
    this.svg = svgNode("svg", {
      viewBox: `0 0 ${BOX.width} ${BOX.height}`,
      role: "img",
      "aria-label": title,
    });
    this.drawGrid();
    this.drawCurves();
    this.cursor = this.area.cursor({ class: "cursor" });
    this.dots = schedules.map((schedule) => svgNode("circle", { class: schedule.name, r: 4 }));
    this.svg.append(this.cursor, ...this.dots);
    this.svg.onpointerdown = this.svg.onpointermove = (event) =>
      point(this.area.under(event, this.svg));
    this.figure = this.framed(title);
  }

  get tellsPeak() {
    return this.quantity === "weightXt";
  }

  peakOf({ peak }) {
    return this.tellsPeak ? this.say("peak", { value: digits(peak.value), t: peak.t }) : "";
  }

  framed(title) {
    const figure = document.createElement("figure"),
      caption = document.createElement("figcaption");
    caption.innerHTML = "<b></b><div class='values'></div>";
    caption.firstChild.textContent = title;
    this.values = caption.lastChild;
    figure.dataset.quantity = this.quantity;
    figure.append(caption, this.svg);
    return figure;
  }

  drawGrid() {
    const { width, height, left, right, bottom } = BOX,
      { area, svg } = this;
    for (const tick of area.up.ticks) {
      const y = area.y(tick);
      svg.append(svgNode("path", { class: "grid", d: `M${left} ${y}H${width - right}` }));
      svg.append(svgNode("text", { x: left - 5, y: y + 3, "text-anchor": "end" }, digits(tick)));
    }
    for (const tick of area.across.ticks) {
      const x = area.x(tick),
        anchor = x > width - 25 ? "end" : "middle";
      svg.append(svgNode("path", { class: "grid", d: `M${x} ${height - bottom}v4` }));
      svg.append(
        svgNode("text", { x, y: height - 5, "text-anchor": anchor }, String(Math.round(tick))),
      );
    }
  }

  drawCurves() {
    for (const { name, t, curves } of this.schedules) {
      const d = this.area.path(t, curves[this.quantity]);
      this.svg.append(svgNode("path", { class: `curve ${name}`, d }));
    }
    if (this.tellsPeak) this.schedules.forEach((schedule) => this.markPeak(schedule));
  }

  // Where the weight is greatest: beyond it, β_t is so large that x̂_0 counts again.
  markPeak({ name, peak }) {
    const x = this.area.x(peak.t),
      y = this.area.y(peak.value);
    this.svg.append(svgNode("path", { class: `peak ${name}`, d: `M${x} ${y + 3}l-4 8h8Z` }));
  }

  // The cursor at t; each schedule's dot and value at its drawn step at[n].
  show(t, at) {
    this.area.stand(this.cursor, t);
    const values = this.schedules.map((schedule, n) => schedule.curves[this.quantity][at[n]]);
    this.schedules.forEach((schedule, n) => {
      const isShown = this.area.up.shows(values[n]),
        dot = this.dots[n];
      dot.setAttribute("visibility", isShown ? "visible" : "hidden");
      if (!isShown) return;
      dot.setAttribute("cx", this.area.x(schedule.t[at[n]]));
      dot.setAttribute("cy", this.area.y(values[n]));
    });
    this.values.replaceChildren(
      ...this.schedules.map((schedule, n) =>
        keyOf(schedule.name, `${schedule.name} ${digits(values[n])}${this.peakOf(schedule)}`),
      ),
    );
  }
}
