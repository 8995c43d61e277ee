// Algorithm 1, a line at a time: the network in the page is asked for the noise, and the loss told.
import { tablesOf } from "../../../web/binary.js";
import { linearAxis, logAxis, powersOfTen } from "../../../web/axes.js";
import { Area, svgNode } from "../../../web/chart.js";
import { digits } from "../../../web/digits.js";
import { qSample } from "../../../web/engine/equations.js";
import { normal } from "../../../web/engine/ddpm.js";
import { predicted } from "./ask.js";
import { Lines } from "./lines.js";

const ORDER = ["x0", "t", "epsilon", "loss"];
const FIGURES = { x0: ["x0"], t: [], epsilon: ["epsilon"], loss: ["xt", "zHat", "off"] };
const NOISE = 3; // is drawn white
const FIRST_T = 300;
const BOX = { width: 480, height: 150, left: 48, right: 8, top: 8, bottom: 24 };

const average = (numbers, of) => numbers.reduce((sum, x) => sum + of(x), 0) / numbers.length;

export class TrainingByHand {
  line = "loss";
  cat = 0;
  seed = 0; // of ε
  rounds = []; // {t, loss}
  #newest = 0; // of the questions to the network

  // cats: pictures x_0, channels first. weights: of the schedule, for t = 0..T. refuse() tells that
  // the network can't be asked.
  constructor(view, { model, cats, weights, refuse }) {
    Object.assign(this, { view, model, cats, refuse, tables: tablesOf(weights.tables), T: weights.T });
    const { part } = view;
    this.lines = new Lines(part("train"), FIGURES);
    part("trainT").max = this.T;
    part("trainT").value = FIRST_T;
    part("trainT").addEventListener("input", () => this.settle("t"));
    part("trainEpsilon").addEventListener("click", () => {
      this.seed++;
      this.settle("epsilon");
    });
    part("trainNext").addEventListener("click", () => this.next());
    part("trainRound").addEventListener("click", () => this.round());
    for (const name of ["trainT", "trainEpsilon", "trainNext", "trainRound"])
      part(name).disabled = false;
    this.settle("loss");
  }

  get t() {
    return Number(this.view.part("trainT").value);
  }

  take(cat) {
    this.cat = cat;
    return this.settle("x0");
  }

  // What a line draws by chance.
  chance(line) {
    if (line === "x0") this.cat = Math.floor(Math.random() * this.cats.length);
    if (line === "t") this.view.part("trainT").value = 1 + Math.floor(Math.random() * this.T);
    if (line === "epsilon") this.seed++;
  }

  next() {
    const line = ORDER[(ORDER.indexOf(this.line) + 1) % ORDER.length];
    this.chance(line);
    return line === "loss" ? this.settle(line) : this.show(line);
  }

  async round() {
    for (const line of ORDER) this.chance(line);
    await this.settle("loss");
  }

  show(line) {
    const { part, say } = this.view,
      { shape } = this;
    this.line = line;
    this.lines.light(line);
    const x0 = this.cats[this.cat],
      epsilon = normal(this.seed, x0.length);
    this.lines.draw("x0", x0, shape);
    this.lines.draw("epsilon", epsilon, shape, NOISE);
    Array.from(part("cats").children).forEach((button, n) =>
      button.setAttribute("aria-pressed", n === this.cat),
    );
    const [signal, noise] = this.rates;
    part("trainTold").textContent = say("trainTold", {
      t: this.t,
      signal: digits(signal),
      noise: digits(noise),
    });
    return { x0, epsilon };
  }

  get shape() {
    const { channels, width, height } = this.model;
    return { channels, width, height };
  }

  get rates() {
    return [this.tables.signal[this.t], this.tables.noise[this.t]];
  }

  // Something changed at a line: everything up to the loss is made anew.
  async settle(line) {
    const { x0, epsilon } = this.show(line),
      { t, rates, shape } = this,
      asked = ++this.#newest;
    const xt = x0.map((x, k) => qSample(rates, x, epsilon[k]));
    const zHat = await predicted(this.model, t, rates, xt).catch(() => this.refuse());
    if (!zHat || asked !== this.#newest) return;
    this.lines.light("loss");
    const off = epsilon.map((z, k) => z - zHat[k]);
    this.lines.draw("xt", xt, shape);
    this.lines.draw("zHat", zHat, shape, NOISE);
    this.lines.draw("off", off, shape, NOISE);
    this.line = "loss";
    this.tell(average(off, (d) => d * d), average(off, Math.abs));
  }

  tell(l2, l1) {
    const { part, say } = this.view,
      { t, rounds } = this;
    rounds.push({ t, loss: l2 });
    part("loss").textContent = say("loss", {
      l2: digits(l2),
      l1: digits(l1),
      n: rounds.length,
      mean: digits(average(rounds, ({ loss }) => loss)),
    });
    part("train").dataset.loss = l2;
    this.draw();
  }

  draw() {
    const svg = this.view.part("rounds"),
      low = 1e-4,
      area = new Area(BOX, linearAxis(0, this.T), logAxis(low, 1.5, powersOfTen(low, 1))),
      { left, right, width, height } = BOX;
    const rules = area.up.ticks.flatMap((tick) => {
      const y = area.y(tick);
      return [
        svgNode("line", { class: "rule", x1: left, x2: width - right, y1: y, y2: y }),
        svgNode("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, tick),
      ];
    });
    const dots = this.rounds.map(({ t, loss }) =>
      svgNode("circle", { class: "round", r: 3, cx: area.x(t), cy: area.y(Math.max(low, loss)) }),
    );
    const ends = [
      svgNode("text", { x: left, y: height - 6 }, "t = 1"),
      svgNode("text", { x: width - right, y: height - 6, "text-anchor": "end" }, this.T),
    ];
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren(...rules, ...dots, ...ends);
  }
}
