// The Forward view: x_0, ε and the tables are here; the page mixes by itself.
import { bytesOf, tablesOf } from "../../web/binary.js";
import { paint } from "../../web/canvas.js";
import { digits } from "../../web/digits.js";
import { TorchNormal } from "../../web/engine/noise.js";
import { viewOf } from "../../web/page.js";
import { FramePlayer } from "../../web/player.js";
import { Chain, mix } from "./chain.js";
import { drawHistogram, drawNormal } from "./histogram.js";
import { sameStep } from "./rising.js";
import { correlation, moments } from "./statistics.js";
import { drawShares, shares } from "./variances.js";

const FRAME_BUDGET = 12; // milliseconds of work between two pictures
const SECONDS_TO_PLAY = 8;
const SCREENS = ["steps", "jump", "noise"];
const SHARE_AT_FIRST = 0.2; // where the slider stands at first, as a part of the way

// −1..1 → 0..255; the array rounds and cuts off.
function pixelsOf(x) {
  const pixels = new Uint8ClampedArray(x.length);
  for (let i = 0; i < x.length; i++) pixels[i] = (x[i] / 2 + 0.5) * 255;
  return pixels;
}

// 0..255 → −1..1.
const unitOf = (pixels) => Float32Array.from(pixels, (value) => value / 127.5 - 1);

// Noise, the same at every visit: torch.randn(1, 3, side, side) of this seed, pixel by pixel.
function noiseOf(side, seed) {
  const drawn = new TorchNormal(seed).draw(3 * side * side);
  return drawn.map((_, i) => drawn[(i % 3) * side * side + Math.floor(i / 3)]);
}

class Forward {
  data = null; // {T, byBetas, x0, tables: {signal, noise, keep, add, …}}
  chain = null;
  seed = 1;
  working = false;

  constructor({ element, props }) {
    Object.assign(this, { element, props, view: viewOf(element, props.strings) });
    this.epsilon = noiseOf(props.side, 0);
    this.fresh = noiseOf(props.side, 1);
    const { part, text } = this.view;
    this.player = new FramePlayer({
      timeline: part("t"),
      button: part("play"),
      text,
      show: (t) => this.show(t),
      rate: () => this.data.T / SECONDS_TO_PLAY,
    });
    part("misreading").addEventListener("change", () => {
      this.judge();
      this.redraw();
    });
    part("again").addEventListener("click", () => {
      this.restart();
      this.redraw();
    });
    for (const name of SCREENS) drawNormal(part(`${name}Histogram`));
  }

  restart() {
    this.chain = new Chain(this.data, this.seed++);
    this.element.dataset.chain = "running";
    if (!this.working) requestAnimationFrame(() => this.work());
    this.working = true;
  }

  // Works the chain out, a little between two pictures.
  work() {
    const { chain } = this,
      wasMissing = this.player.index > chain.t;
    chain.extend(performance.now() + FRAME_BUDGET);
    if (wasMissing) this.redraw();
    this.working = !chain.isComplete;
    this.element.dataset.chain = chain.isComplete ? "complete" : "running";
    if (this.working) requestAnimationFrame(() => this.work());
  }

  redraw() {
    this.show(this.player.index);
  }

  draw(name, x) {
    const { part, say } = this.view,
      { side } = this.props,
      { x0 } = this.data;
    paint(part(name), side, side, pixelsOf(x));
    drawHistogram(part(`${name}Histogram`), x);
    const { mean, deviation } = moments(x),
      r = correlation(x, x0);
    part(`${name}Numbers`).textContent = say("numbers", {
      mean: mean.toFixed(2),
      deviation: deviation.toFixed(2),
      r: Number.isNaN(r) ? "–" : r.toFixed(2),
    });
  }

  // The weights of x_0 and ε in the jump to t; wrong ones where the misreading is shown.
  weights(t) {
    const { tables } = this.data,
      wrong = this.view.part("misreading").checked;
    return wrong
      ? [tables.misreadingSignal[t], tables.misreadingNoise[t]]
      : [tables.signal[t], tables.noise[t]];
  }

  show(t) {
    const { part, say } = this.view,
      { epsilon } = this,
      { T, x0 } = this.data,
      [signal, noise] = this.weights(t);
    const jumped = new Float32Array(x0.length);
    mix(signal, x0, noise, epsilon, jumped); // (N4)
    this.draw("jump", jumped);
    this.draw("steps", this.chain.at(t));
    this.weigh(t, signal, noise);
    if (t > this.chain.t) part("stepsNumbers").textContent = say("working", { t: this.chain.t });
    part("t").setAttribute("aria-valuetext", `t = ${t}`);
    part("clock").textContent = say("clock", {
      t,
      T,
      signal: digits(signal),
      noise: digits(noise),
    });
    this.element.dataset.t = t;
  }

  // The weights of both ways to x_t (N2, N4), and what its variance is made of (N3).
  weigh(t, signal, noise) {
    const { part, say } = this.view,
      { T, tables } = this.data,
      told = { keep: digits(tables.keep[t]), add: digits(tables.add[t]) };
    part("stepsWeights").textContent = t ? say("stepsWeights", told) : "";
    part("jumpWeights").textContent = say("jumpWeights", {
      signal: digits(signal),
      noise: digits(noise),
    });
    const parts = shares(tables, t, T),
      ofNoise = parts.slice(1).reduce((sum, { share }) => sum + share, 0);
    part("variancesNumbers").textContent = say("variancesNumbers", {
      picture: parts[0].share.toFixed(3),
      noise: ofNoise.toFixed(3),
    });
    drawShares(part("shares"), parts, ({ a, b, share }) =>
      say(b ? "noiseShare" : "pictureShare", { a: a + 1, b, share: share.toFixed(3) }),
    );
  }

  // One step with the same β at three places of the way.
  compare() {
    const { part, say } = this.view,
      { side } = this.props;
    const figures = sameStep(this.data, this.epsilon, this.fresh).map(
      ({ t, before, after, from, to }) => {
        const figure = document.createElement("figure"),
          told = say("risingNumbers", { t, from: from.toFixed(2), to: to.toFixed(2) });
        figure.innerHTML =
          "<div><canvas role='img'></canvas><canvas role='img'></canvas></div><figcaption></figcaption>";
        const canvases = figure.querySelectorAll("canvas");
        [before, after].forEach((x, n) => {
          paint(canvases[n], side, side, pixelsOf(x));
          canvases[n].setAttribute("aria-label", told);
        });
        figure.lastChild.textContent = told;
        return figure;
      },
    );
    part("rising").replaceChildren(...figures);
  }

  // What is left of the picture at T, and whether that is right.
  judge() {
    const { part, say, text } = this.view,
      { T, tables, byBetas } = this.data;
    const left = tables.signal[T],
      stays = left > this.props.mostSignalLeft;
    const key = !stays ? "gone" : byBetas ? "outline" : "outlineAlways";
    part("verdict").textContent = say(key, { left: digits(left), T });
    part("verdict").classList.toggle("warning", stays);
    const wrong = part("misreading").checked;
    part("jumpFigure").classList.toggle("wrong", wrong);
    part("jumpFormula").textContent = text[wrong ? "wrongFormula" : "jumpFormula"];
    part("misreadingVerdict").hidden = !wrong;
    part("misreadingVerdict").textContent = say("misreadingVerdict", {
      left: digits(tables.misreadingSignal[T]),
      T,
    });
  }

  receive({ picture, refusal, tables, T, byBetas }) {
    if (refusal !== undefined) return this.refuse(refusal);
    const share = this.data ? this.player.index / this.data.T : SHARE_AT_FIRST;
    this.data = { T, byBetas, x0: unitOf(bytesOf(picture)), tables: tablesOf(tables) };
    this.restart();
    this.judge();
    this.draw("noise", this.epsilon);
    this.compare();
    this.player.load(T + 1);
    this.player.seek(Math.round(share * T));
  }

  // There are no tables; what is on show stays.
  refuse(sentence) {
    const { part, text } = this.view;
    part("verdict").textContent = sentence || text.unanswered;
    part("verdict").classList.add("warning");
  }
}

export function mount(page) {
  const forward = new Forward(page);
  page.watch("value", () => forward.receive(page.props.value));
  forward.receive(page.props.value);
}
