// A diffusion model and a GAN that learn in the page, on points that the reader draws.
import { tablesOf } from "../../../web/binary.js";
import { viewOf } from "../../../web/page.js";
import { drawCurves } from "./curves.js";
import { Plane } from "./plane.js";
import { shapeOf } from "./shapes.js";
import { EVERY, STEPS, Trial } from "./trial.js";

const FRAME_BUDGET = 24; // milliseconds of work between two pictures
const BETWEEN_SAMPLES = 50; // steps
const FEWEST = 30; // points to learn
const SEED = 1;

class Tiny {
  points = shapeOf("spots");
  trial = null;
  isRunning = false;

  constructor({ element, props }) {
    this.view = viewOf(element, props.strings);
    this.element = element;
    this.tables = tablesOf(props.value.tables);
    const { part } = this.view;
    this.planes = Object.fromEntries(
      ["points", "diffusion", "gan"].map((name) => [name, new Plane(part(name))]),
    );
    this.planes.points.listen((drawn) => this.add(drawn));
    part("shape").addEventListener("change", () => this.choose(part("shape").value));
    part("balance").addEventListener("change", () => this.begin());
    part("tinyTrain").addEventListener("click", () => this.press());
    new ResizeObserver(() => this.draw()).observe(part("points"));
    this.begin();
  }

  choose(shape) {
    this.points = shape === "own" ? new Float64Array(0) : shapeOf(shape);
    this.begin();
  }

  add(drawn) {
    const { part } = this.view;
    const kept = part("shape").value === "own" ? this.points : [];
    part("shape").value = "own";
    this.points = Float64Array.from([...kept, ...drawn]);
    this.begin();
  }

  get canLearn() {
    return this.points.length / 2 >= FEWEST;
  }

  // Networks that have learned nothing yet.
  begin() {
    const { part } = this.view;
    this.isRunning = false;
    this.trial = this.canLearn
      ? new Trial(this.tables, this.points, SEED, Number(part("balance").value))
      : null;
    this.samples = this.trial?.sample() ?? null;
    this.show();
  }

  press() {
    if (this.trial?.isComplete) this.begin();
    this.isRunning = !this.isRunning;
    if (this.isRunning) requestAnimationFrame(() => this.work());
    this.show();
  }

  // Some steps between two pictures.
  work() {
    if (!this.isRunning) return;
    const { trial } = this,
      until = performance.now() + FRAME_BUDGET;
    let isDue = false;
    while (!trial.isComplete && !isDue && performance.now() < until) {
      trial.train();
      isDue = trial.steps % BETWEEN_SAMPLES === 0;
    }
    this.isRunning = !trial.isComplete;
    if (this.isRunning) requestAnimationFrame(() => this.work());
    if (isDue) this.samples = trial.sample();
    if (isDue) this.draw();
    this.tell();
  }

  show() {
    this.tell();
    this.draw();
  }

  draw() {
    const { planes, points, samples, trial } = this,
      { part } = this.view;
    planes.points.draw(["data", points, 4]);
    for (const name of ["diffusion", "gan"])
      planes[name].draw(["data", points, 2], ["made", samples?.[name] ?? [], 4]);
    const { diffusion, generator, discriminator } = trial?.losses ?? {
      diffusion: [],
      generator: [],
      discriminator: [],
    };
    drawCurves(part("diffusionLoss"), { diffusion }, EVERY, STEPS, 1, trial?.least ?? null);
    drawCurves(part("ganLoss"), { generator, discriminator }, EVERY, STEPS, 4, null);
  }

  tell() {
    const { trial } = this,
      { part, say, text } = this.view;
    const { isRunning } = this,
      isComplete = Boolean(trial?.isComplete);
    part("tinyTrain").textContent = text[isRunning ? "pause" : isComplete ? "anew" : "train"];
    part("tinyTrain").disabled = !trial;
    part("progress").textContent = trial ? say("progress", { step: trial.steps, of: STEPS }) : "";
    const verdict = isComplete ? text.verdict : "";
    part("tinyVerdict").textContent = trial ? verdict : say("few", { n: FEWEST });
    this.element.dataset.steps = trial?.steps ?? 0;
    if (!trial) return;
    const { diffusion, generator, discriminator } = trial.losses,
      brief = (losses) => losses.at(-1)?.toFixed(2) ?? "–";
    part("diffusionName").textContent = say("diffusionName", { n: trial.diffusion.size });
    const [ofGenerator, ofDiscriminator] = trial.gan.sizes;
    part("ganName").textContent = say("ganName", { n: ofGenerator, m: ofDiscriminator });
    part("diffusionTold").textContent = say("diffusionTold", {
      loss: brief(diffusion),
      least: trial.least.toFixed(2),
    });
    part("ganTold").replaceChildren(
      ...Object.entries({ generator, discriminator }).map(([name, losses]) =>
        Object.assign(document.createElement("span"), {
          className: `key ${name}`,
          textContent: `${text[name]} ${brief(losses)}`,
        }),
      ),
    );
  }
}

export function mount(page) {
  return new Tiny(page);
}
