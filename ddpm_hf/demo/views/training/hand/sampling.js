// Algorithm 2, a line or a step at a time: the same picture as a run of this seed in Generate.
import { digits } from "../../../web/digits.js";
import { reverseStep } from "../../../web/engine/equations.js";
import { TorchNormal } from "../../../web/engine/noise.js";
import { asked } from "./ask.js";
import { Lines } from "./lines.js";

const FIGURES = {
  start: ["xt"],
  z: ["z"],
  zHat: ["zHat"],
  x0: ["x0"],
  mu: ["mu"],
  next: ["sigmaZ", "next"],
};
const ORDER = Object.keys(FIGURES);
const NOISE = 3; // is drawn white

export class SamplingByHand {
  seed = 0;
  #busy = null; // a promise of what is being done
  #playing = false;

  // choices: numbers of steps that there are plans for; the first is taken. refuse() tells that the
  // network can't be asked.
  constructor(view, { model, choices, refuse }) {
    Object.assign(this, { view, model, refuse });
    const { part } = view;
    this.lines = new Lines(part("sample"), FIGURES);
    const { channels, width, height } = model;
    this.shape = { channels, width, height };
    part("sampleK").append(...choices.map((K) => new Option(K, K)));
    part("sampleK").addEventListener("change", () => this.alone(() => this.start()));
    part("sampleNext").addEventListener("click", () => this.alone(() => this.next()));
    part("sampleStep").addEventListener("click", () => this.alone(() => this.step()));
    part("sampleAll").addEventListener("click", () => this.play());
    part("sampleAgain").addEventListener("click", () => {
      this.seed++;
      this.#playing = false;
      return this.alone(() => this.start());
    });
    for (const name of ["K", "Next", "Step", "All", "Again"])
      part(`sample${name}`).disabled = false;
    this.alone(() => this.start());
  }

  // One thing at a time.
  async alone(act) {
    while (this.#busy) await this.#busy;
    this.#busy = act().catch(() => {
      this.#playing = false;
      this.refuse();
    });
    await this.#busy;
    this.#busy = null;
  }

  get isLast() {
    return this.i === this.plan.timesteps.length - 1;
  }

  get isOver() {
    return this.line === "end";
  }

  async start() {
    const { channels, width, height } = this.shape;
    this.plan = await this.model.plan(`${this.view.part("sampleK").value}-even`);
    this.size = channels * width * height;
    this.normal = new TorchNormal(this.seed);
    this.i = 0;
    this.x = this.normal.draw(this.size); // x_T
    this.show("start", { xt: this.x });
  }

  show(line, pictures) {
    const { lines, shape } = this;
    this.line = line;
    lines.light(line);
    for (const [name, x] of Object.entries(pictures))
      lines.draw(name, x, shape, name === "z" || name === "zHat" ? NOISE : 1);
    this.tell();
  }

  // The next line; after the last one of a step the next step begins, or the picture is there.
  async next() {
    if (this.isOver) return this.start();
    if (this.line === "next") return this.turn();
    const line = ORDER[ORDER.indexOf(this.line) + 1];
    if (line === "z")
      this.z = this.isLast ? new Float32Array(this.size) : this.normal.draw(this.size);
    if (line === "zHat") this.made = await asked(this.model, this.plan, this.i, this.x);
    const { z, made } = this,
      sigma = this.isLast ? 0 : this.plan.std.small[this.i];
    this.show(line, {
      z: () => ({ z }),
      zHat: () => ({ zHat: made.z_hat }),
      x0: () => ({ x0: made.x_0 }),
      mu: () => ({ mu: made.sample }),
      next: () => {
        this.xs = made.sample.map((mu, k) => reverseStep(mu, sigma, z[k]));
        return { sigmaZ: z.map((value) => sigma * value), next: this.xs };
      },
    }[line]());
  }

  turn() {
    this.x = this.xs;
    if (this.isLast) return this.show("end", { xt: this.x });
    this.i++;
    this.show("start", { xt: this.x });
    return this.next();
  }

  // To the end of this step, or of the next one.
  async step() {
    do await this.next();
    while (this.line !== "next" && !this.isOver);
  }

  async play() {
    this.#playing = !this.#playing;
    if (this.isOver) await this.alone(() => this.start());
    while (this.#playing && !this.isOver) {
      await this.alone(() => this.step());
      await new Promise(requestAnimationFrame);
    }
    this.#playing = false;
  }

  tell() {
    const { part, say } = this.view,
      { i, plan } = this,
      { timesteps, mean, std } = plan;
    const s = this.isLast ? 0 : timesteps[i + 1] + 1;
    const key = this.isOver ? "over" : this.isLast ? "last" : "told";
    part("sampleTold").textContent = say(key, {
      t: timesteps[i] + 1,
      s,
      seed: this.seed,
      n: i + 1,
      K: timesteps.length,
      sigma: digits(std.small[i]),
      weightXt: digits(mean[i][0]),
      weightX0: digits(mean[i][1]),
    });
    Object.assign(part("sample").dataset, { line: this.line, step: i + 1 });
  }
}
