// The Schedule view: curves from Python's tables, with one cursor at t in all plots.
import { tablesOf } from "../../web/binary.js";
import { digits } from "../../web/digits.js";
import { viewOf } from "../../web/page.js";
import { nearest } from "../../web/nearest.js";
import { Plot, keyOf } from "./plot.js";

const QUANTITIES = ["beta", "alphaBar", "snr", "ratio", "weightXt", "weightX0"];
const NEAR_ONE = ["ratio", "weightXt"]; // a logarithm would show a flat line
// Packed curves as arrays of numbers.
const unpacked = (schedule) => ({
  ...schedule,
  curves: Object.fromEntries(
    Object.entries(tablesOf(schedule.curves)).map(([name, values]) => [name, Array.from(values)]),
  ),
});

const SHARE_AT_FIRST = 0.3; // where the slider stands at first, as a part of 1..T

class Schedule {
  schedules = [];
  plots = [];
  longest = null; // the schedule whose drawn steps the slider runs over

  constructor({ element, props }) {
    Object.assign(this, { props, view: viewOf(element, props.strings) });
    const { part } = this.view;
    this.slider = part("t");
    this.slider.addEventListener("input", () => this.showCursor());
    for (const name of ["logY", "logT"]) part(name).addEventListener("change", () => this.draw());
  }

  get t() {
    return this.longest.t[this.slider.value];
  }

  draw() {
    const { part, text, say } = this.view;
    const T = this.longest?.T,
      isLogT = part("logT").checked;
    const isLogY = (quantity) => part("logY").checked && !NEAR_ONE.includes(quantity);
    const quantities = this.schedules.length ? QUANTITIES : [];
    this.plots = quantities.map((quantity) => {
      const names = { quantity, title: text[quantity] };
      const scales = { T, isLogT, isLogY: isLogY(quantity) };
      return new Plot(names, this.schedules, scales, (t) => this.point(t), say);
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

  // refusals: of schedules that there are no numbers of.
  warn(refusals) {
    const { part, say, text } = this.view;
    const sentences = this.schedules
      .filter((s) => s.signalLeft > this.props.mostSignalLeft)
      .map(({ byBetas, name, signalLeft, T }) =>
        say(byBetas ? "outline" : "outlineAlways", { name, left: digits(signalLeft), T }),
      );
    for (const { name, refusal } of refusals)
      sentences.push(`${name}: ${refusal || text.unanswered}`);
    if (!sentences.length && !this.schedules.length) sentences.push(text.nothing);
    const warnings = sentences.map((textContent) =>
      Object.assign(document.createElement("p"), { className: "warning", textContent }),
    );
    part("warnings").replaceChildren(...warnings);
  }

  receive({ schedules: answers }) {
    const share = this.longest ? this.t / this.longest.T : SHARE_AT_FIRST;
    const isRefused = ({ refusal }) => refusal !== undefined;
    this.schedules = answers.filter((answer) => !isRefused(answer)).map(unpacked);
    const [first = this.longest] = this.schedules;
    this.longest = this.schedules.reduce((a, b) => (b.T > a.T ? b : a), first);
    this.slider.max = this.longest.t.length - 1;
    this.slider.value = nearest(this.longest.t, share * this.longest.T);
    this.warn(answers.filter(isRefused));
    this.draw();
  }
}

export function mount(page) {
  const schedule = new Schedule(page);
  page.watch("value", () => schedule.receive(page.props.value));
  schedule.receive(page.props.value);
}
