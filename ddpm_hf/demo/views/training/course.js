// The course of a training run: loss and learning rate by training step.
import { linearAxis, logAxis, multiples, oneTwoFive } from "../../web/axes.js";
import { Area, svgNode } from "../../web/chart.js";

const BOX = { width: 640, height: 360, left: 90, right: 12, top: 12, bottom: 56 };

// The mean of the last `count` numbers at each of them.
export function runningMeans(numbers, count) {
  return numbers.map((_, i) => {
    const window = numbers.slice(Math.max(0, i + 1 - count), i + 1);
    return window.reduce((a, b) => a + b) / window.length;
  });
}

// Whether the learning rate rises again after its first fall: training was taken up anew.
export function risesAnew(rates) {
  const later = rates.slice(rates.findIndex((rate, i) => rate < rates[i - 1]));
  return later.some((rate, i) => rate > later[i - 1]);
}

export class Course {
  constructor(svg, { numbers, losses, rates }, means, text) {
    const low = Math.min(...losses) / 1.1,
      high = Math.max(...losses) * 1.1,
      last = numbers.at(-1);
    const across = linearAxis(0, last, multiples(last, 500));
    Object.assign(this, { svg, numbers, means });
    this.area = new Area(BOX, across, logAxis(low, high, oneTwoFive(low, high)));
    svg.replaceChildren();
    this.drawAxes(text);
    this.line("each", losses);
    this.line("rate", rates, new Area(BOX, across, linearAxis(0, Math.max(...rates))));
    this.line("mean", means);
  }

  add(name, attributes, ...content) {
    return this.svg.appendChild(svgNode(name, attributes, ...content));
  }

  drawAxes(text) {
    const { width, height, left, right, bottom } = BOX,
      { area } = this,
      middle = height / 2 - 20;
    for (const tick of area.up.ticks) {
      const y = area.y(tick);
      this.add("line", { class: "rule", x1: left, x2: width - right, y1: y, y2: y });
      this.add(
        "text",
        { x: left - 8, y: y + 5, "text-anchor": "end" },
        Number(tick.toPrecision(1)),
      );
    }
    for (const tick of area.across.ticks)
      this.add("text", { x: area.x(tick), y: height - bottom + 18, "text-anchor": "middle" }, tick);
    this.add("text", { x: (left + width) / 2, y: height - 6, "text-anchor": "middle" }, text.steps);
    const turned = {
      x: 14,
      y: middle,
      "text-anchor": "middle",
      transform: `rotate(-90 14 ${middle})`,
    };
    this.add("text", turned, text.loss);
  }

  line(kind, values, area = this.area) {
    this.add("path", { class: kind, d: area.path(this.numbers, values) });
  }

  // A dot on the mean at report i.
  mark(i) {
    this.add("circle", {
      class: "moment",
      r: 5,
      cx: this.area.x(this.numbers[i]),
      cy: this.area.y(this.means[i]),
    });
  }

  // A vertical line, to be stood at a report.
  cursor(attributes) {
    return this.svg.appendChild(this.area.cursor(attributes));
  }

  stand(line, i) {
    this.area.stand(line, this.numbers[i]);
  }

  // The training step under the pointer.
  under(event) {
    return this.area.under(event, this.svg);
  }
}
