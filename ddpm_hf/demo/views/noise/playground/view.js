// The playground: particles leave a shape and find it again, all worked out in the page.
import { floatsOf, tablesOf } from "../../../web/binary.js";
import { viewOf } from "../../../web/page.js";
import { FramePlayer } from "../../../web/player.js";
import { Drawing } from "./drawing.js";
import { Particles, ideallyReached, reached } from "./particles.js";

const PARTICLES = 400;
const FRAME_BUDGET = 10; // milliseconds of work between two pictures
const STEPS_PER_SECOND = 40;

class Playground {
  seed = 1;
  working = false;

  constructor({ element, props }) {
    Object.assign(this, {
      element,
      points: props.value.points,
      view: viewOf(element, props.strings),
    });
    const { part, text } = this.view;
    this.tables = tablesOf(props.value.tables);
    this.drawing = new Drawing(part("canvas"));
    this.restart();
    this.player = new FramePlayer({
      timeline: part("timeline"),
      button: part("play"),
      text,
      show: (p) => this.show(p),
      rate: () => STEPS_PER_SECOND,
    });
    this.player.load(2 * this.particles.K + 1);
    part("sigma").addEventListener("input", () => {
      this.particles.turn();
      this.begin();
    });
    part("shape").addEventListener("change", () => this.restart());
    part("again").addEventListener("click", () => {
      this.seed++;
      this.restart();
    });
    new ResizeObserver(() => this.show(this.player.index)).observe(part("canvas"));
  }

  get noiseScale() {
    return Number(this.view.part("sigma").value);
  }

  restart() {
    const points = floatsOf(this.points[this.view.part("shape").value]);
    this.particles = new Particles(this.tables, points, PARTICLES, this.seed);
    this.begin();
  }

  begin() {
    const { part, text, say } = this.view;
    this.element.dataset.ready = false;
    part("verdict").textContent = text.computing;
    part("scale").textContent = say("sigma", { scale: this.noiseScale.toFixed(1) });
    if (!this.working) requestAnimationFrame(() => this.work());
    this.working = true;
  }

  // Works the frames out, some between two pictures.
  work() {
    const until = performance.now() + FRAME_BUDGET;
    while (!this.particles.isComplete && performance.now() < until)
      this.particles.extend(this.noiseScale);
    this.working = !this.particles.isComplete;
    this.element.dataset.ready = !this.working;
    if (this.working) requestAnimationFrame(() => this.work());
    else this.judge();
    this.show(this.player.index);
  }

  judge() {
    const { frames, points, K } = this.particles,
      { part, say } = this.view,
      scale = this.noiseScale;
    const found = reached(frames[2 * K], points);
    this.element.dataset.reached = found;
    const m = points.length / 2,
      ideal = Math.round(ideallyReached(PARTICLES, m));
    const values = { n: PARTICLES, reached: found, m, ideal, scale: scale.toFixed(1) };
    part("verdict").textContent = say(scale === 0 ? "stuck" : "reached", values);
  }

  // The frame at p, or the newest that is there.
  show(wanted) {
    const p = Math.min(wanted, this.particles.frames.length - 1),
      { part, say } = this.view;
    this.drawing.draw(this.particles, p);
    const key = p <= this.particles.K ? "forward" : "reverse";
    part("clock").textContent = say(key, { t: this.particles.t(p) });
    part("timeline").setAttribute("aria-valuetext", part("clock").textContent);
    this.element.dataset.frame = p;
  }
}

export function mount(page) {
  return new Playground(page);
}
