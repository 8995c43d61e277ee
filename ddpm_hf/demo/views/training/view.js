// The training replay. A course is asked for when the view is first shown, and for another model;
// the slider then moves the cursor and the samples without asking anything.
import { nearest } from "../../web/nearest.js";
import { viewOf } from "../../web/page.js";
import { drawBars } from "./bars.js";
import { Course, risesAnew, runningMeans } from "./course.js";

const MEAN_OF = 10; // reports, each of ten steps
const TENTHS = 10;

const brief = (number) => Number(number.toPrecision(2));

class Replay {
  data = null; // {T, numbers, losses, rates, minutes, by_t, grids, finished}
  course = null;
  moments = []; // for each grid the report nearest to it

  constructor({ element, props }) {
    this.view = viewOf(element, props.strings);
    const chart = this.view.part("chart"),
      slider = this.view.part("slider");
    slider.addEventListener("input", () => this.travel(Number(slider.value)));
    chart.addEventListener("pointermove", (event) => this.hover(this.under(event)));
    chart.addEventListener("pointerleave", () => this.leave());
    chart.addEventListener("click", (event) =>
      this.travel(nearest(this.moments, this.under(event))),
    );
  }

  // The report under the pointer.
  under(event) {
    return nearest(this.data.numbers, this.course.under(event));
  }

  receive(data) {
    if (data.refusal !== undefined) return this.refuse(data.refusal);
    const { numbers, losses, grids } = data,
      { part, text } = this.view;
    this.data = data;
    this.means = runningMeans(losses, MEAN_OF);
    this.course = new Course(part("chart"), data, this.means, text);
    this.moments = grids.map((grid) => nearest(numbers, grid.number));
    for (const i of this.moments) this.course.mark(i);
    this.cursor = this.course.cursor({ class: "cursor" });
    this.hovering = this.course.cursor({ class: "hover", visibility: "hidden" });
    part("slider").max = grids.length - 1;
    this.tellAll();
    part("loading").hidden = true;
    part("all").hidden = false;
    this.travel(0);
  }

  // There is no record; what is on show stays.
  refuse(sentence) {
    const { part, text } = this.view;
    part("loading").textContent = sentence || text.unanswered;
    part("loading").hidden = false;
  }

  // What is the same at every moment.
  tellAll() {
    const { rates, finished } = this.data,
      { part, say } = this.view;
    part("rate").textContent = say("rate", { most: brief(Math.max(...rates)) });
    part("anew").hidden = !risesAnew(rates);
    const { t = [], losses = [] } = finished,
      labels = t.map((at, k) => (k ? at : `t = ${at}`));
    this.bars("finished", labels, losses, (loss) => loss.toPrecision(2));
  }

  // No values, no figure.
  bars(name, labels, values, told) {
    this.view.part(`${name}_figure`).hidden = !values.length;
    drawBars(this.view.part(name), labels, values, told);
  }

  tell(i) {
    const { numbers, minutes, losses, rates } = this.data;
    this.view.part("point").textContent = this.view.say("point", {
      number: numbers[i],
      minutes: minutes[i].toFixed(minutes[i] < 10 ? 1 : 0),
      loss: losses[i].toPrecision(3),
      mean: this.means[i].toPrecision(3),
      rate: brief(rates[i]),
    });
  }

  // To the moment of the k-th grid of samples.
  travel(k) {
    const { part, say } = this.view,
      { T, grids, by_t } = this.data,
      i = this.moments[k];
    const caption = say("samples", { number: grids[k].number });
    part("slider").value = k;
    part("slider").setAttribute("aria-valuetext", caption);
    part("grid").src = grids[k].picture;
    part("grid").alt = part("caption").textContent = caption;
    this.course.stand(this.cursor, i);
    this.tell(i);
    const ends = Array.from({ length: TENTHS }, (_, n) => Math.ceil(((n + 1) * T) / TENTHS));
    this.bars(
      "by_t",
      ends.map((t, n) => (n ? t : `≤${t}`)),
      by_t[i],
      (loss) => brief(1000 * loss),
    );
  }

  hover(i) {
    this.hovering.setAttribute("visibility", "visible");
    this.course.stand(this.hovering, i);
    this.tell(i);
  }

  leave() {
    this.hovering.setAttribute("visibility", "hidden");
    this.tell(this.moments[this.view.part("slider").value]);
  }
}

export function mount(page) {
  const replay = new Replay(page);
  page.watch("value", () => replay.receive(page.props.value));
  page.trigger("expand");
}
