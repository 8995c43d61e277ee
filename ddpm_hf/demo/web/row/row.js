// A row of pictures with one timeline. Frames arrive in chunks; to drag or play asks nothing. What a
// view measures in the pictures it measures here, wherever they were made.
import { keepWhole, paint } from "../canvas.js";
import { viewOf } from "../page.js";
import { FramePlayer, frameAt } from "../player.js";
import { RECORDED, RECORDED_FRAMES_PER_SECOND, showFirst } from "../recorded/recorded.js";
import { Run } from "../run/run.js";
import { register } from "../run/screens.js";

const FRAMES_PER_SECOND = 20;

class Row {
  // parts: {name, chunks, notes, verdict}, see `mountRow`.
  constructor(page, parts) {
    this.parts = parts;
    this.view = viewOf(page.element, page.props.strings);
    this.run = new Run(page, this.view, (chunk) => this.receive(chunk), this.hereOf(page.props));
    const { part, text } = this.view;
    this.frames = []; // {t, pixels}
    this.figures = [];
    this.player = new FramePlayer({
      timeline: part("timeline"),
      button: part("play"),
      text,
      show: (index) => this.show(frameAt(this.frames, index)),
      rate: () =>
        this.shape.run === RECORDED ? RECORDED_FRAMES_PER_SECOND : FRAMES_PER_SECOND,
      grows: () => this.run.isActive,
    });
  }

  // What makes a run's chunks in this page; null where the server's model is not bundled.
  hereOf({ here }) {
    if (!here) return null;
    return (controls, signal) => this.parts.chunks(here, this.view.language, controls, signal);
  }

  // One picture with its caption above and its note below.
  figureOf(caption) {
    const figure = document.createElement("figure"),
      words = this.view.say(caption.key, caption);
    figure.innerHTML =
      "<figcaption><b></b></figcaption><canvas role='img'></canvas><figcaption></figcaption>";
    figure.querySelector("b").textContent = words;
    figure.querySelector("canvas").setAttribute("aria-label", words);
    keepWhole(figure.querySelector("canvas"));
    figure.dataset.name = caption.key;
    return figure;
  }

  picturesOf({ pixels }) {
    const size = pixels.length / this.figures.length;
    return this.figures.map((_, n) => pixels.subarray(n * size, (n + 1) * size));
  }

  show(frame) {
    const { part, say } = this.view,
      { width, height } = this.shape,
      { t } = frame;
    const pictures = this.picturesOf(frame),
      notes = this.parts.notes(pictures, t === 0, this.shape);
    this.figures.forEach((figure, n) => {
      paint(figure.querySelector("canvas"), width, height, pictures[n]);
      figure.lastChild.textContent = notes[n] ? say(notes[n].key, notes[n]) : "";
    });
    part("timeline").setAttribute("aria-valuetext", `t = ${t}`);
    part("clock").textContent = `t = ${t}`;
  }

  begin({ run, total, width, height, captions }) {
    const { part } = this.view;
    this.shape = { run, width, height };
    this.frames = [];
    this.figures = captions.map((caption) => this.figureOf(caption));
    part("pictures").replaceChildren(...this.figures);
    part("verdict").textContent = "";
    part("timeline").disabled = part("play").disabled = false;
    this.player.begin(total);
  }

  receive(chunk) {
    if (!this.run.accept(chunk) || !chunk.t.length) return;
    if (this.shape?.run !== chunk.run) this.begin(chunk);
    this.keep(chunk);
    this.player.extend(this.frames.length - 1);
  }

  keep(chunk) {
    const { data } = chunk,
      size = data.length / chunk.t.length;
    chunk.t.forEach((t, i) => {
      const pixels = data.subarray(i * size, (i + 1) * size);
      this.frames[chunk.first + i] = { t, pixels };
    });
    if (chunk.t.at(-1) === 0) this.judge(chunk.about);
  }

  judge(about) {
    const { part, say } = this.view,
      pictures = this.picturesOf(this.frames.at(-1)),
      verdict = this.parts.verdict(pictures, this.shape, about);
    part("verdict").textContent = verdict.map((said) => say(said.key, said)).join("\n");
  }
}

// name: of the recorded run. chunks(here, language, controls, signal): of a run in this page, see
// the views' here.js.
// notes(pictures, isLast, shape): of each picture of a frame, {key, …} or null; verdict(pictures,
// shape, about): of the last frame, [{key, …}, …]. Keys are the view's strings.
export function mountRow(page, parts) {
  const row = new Row(page, parts);
  register(page.props.screen, row.run);
  showFirst(row, parts.name);
}
