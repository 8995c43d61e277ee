// The Schedule view: curves from the server's tables, with one cursor at t in all plots.
import { digits } from "../../web/digits.js";
import { viewOf } from "../../web/page.js";
import { nearest } from "../../web/nearest.js";
import { Plot, keyOf } from "./plot.js";

const QUANTITIES = ["beta", "alphaBar", "snr", "ratio", "weightXt", "weightX0"];
const SHARE_AT_FIRST = 0.3; // where the slider stands at first, as a part of 1..T

class Schedule {
  schedules = [];
  plots = [];
  longest = null; // the schedule whose drawn steps the slider runs over

  constructor({ element, props }) {
    this.view = viewOf(element, props.strings);
    const { part } = this.view;
    this.slider = part("t");
    this.slider.addEventListener("input", () => this.showCursor());
    for (const name of ["logY", "logT"]) part(name).addEventListener("change", () => this.draw());
  }

  get t() {
    return this.longest.t[this.slider.value];
  }

  draw() {
    const { part, text } = this.view;
    const scales = { isLogY: part("logY").checked, isLogT: part("logT").checked };
    const quantities = this.schedules.length ? QUANTITIES : [];
    this.plots = quantities.map((quantity) => {
      const names = { quantity, title: text[quantity] };
      return new Plot(names, this.schedules, { T: this.longest.T, ...scales }, (t) =>
        this.point(t),
      );
    });
    part("plots").replaceChildren(...this.plots.map((plot) => plot.figure));
    this.showCursor();
  }

  // The reader points at t.
  point(t) {
    this.slider.value = nearest(this.longest.t, t);
    this.showCursor();
  }

  showCursor() {
    const { t, schedules } = this,
      at = schedules.map((schedule) => nearest(schedule.t, t));
    this.slider.setAttribute("aria-valuetext", `t = ${t}`);
    const keys = schedules.map((s, n) =>
      keyOf(s.name, `${s.name} · ${s.kind} · t = ${s.t[at[n]]} / ${s.T}`),
    );
    this.view.part("legend").replaceChildren(...keys);
    for (const plot of this.plots) plot.show(t, at);
  }

  warn(mostSignalLeft) {
    const { part, say, text } = this.view;
    const sentences = this.schedules
      .filter((s) => s.signalLeft > mostSignalLeft)
      .map(({ byBetas, name, signalLeft, T }) =>
        say(byBetas ? "outline" : "outlineAlways", { name, left: digits(signalLeft), T }),
      );
    if (!this.schedules.length) sentences.push(text.nothing);
    const warnings = sentences.map((textContent) =>
      Object.assign(document.createElement("p"), { className: "warning", textContent }),
    );
    part("warnings").replaceChildren(...warnings);
  }

  receive({ schedules, mostSignalLeft }) {
    const share = this.longest ? this.t / this.longest.T : SHARE_AT_FIRST;
    this.schedules = schedules;
    this.longest = schedules.reduce((a, b) => (b.T > a.T ? b : a), schedules[0] ?? this.longest);
    this.slider.max = this.longest.t.length - 1;
    this.slider.value = nearest(this.longest.t, share * this.longest.T);
    this.warn(mostSignalLeft);
    this.draw();
  }
}

export function mount(page) {
  const schedule = new Schedule(page);
  page.watch("value", () => schedule.receive(page.props.value));
  schedule.receive(page.props.value);
}
