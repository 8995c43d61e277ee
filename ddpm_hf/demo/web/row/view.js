// A row of pictures with one timeline. Frames arrive in chunks; to drag or play asks nothing.
import { bytesOf } from "../binary.js";
import { paint } from "../canvas.js";
import { viewOf } from "../page.js";
import { FramePlayer, frameAt } from "../player.js";
import { Run } from "../run/run.js";
import { register } from "../run/screens.js";

const FRAMES_PER_SECOND = 20;

class Row {
  constructor(page) {
    this.props = page.props;
    this.view = viewOf(page.element, page.props.strings);
    this.run = new Run(page, this.view);
    const { part, text } = this.view;
    this.frames = []; // {t, notes, pixels}
    this.figures = [];
    this.player = new FramePlayer({
      timeline: part("timeline"),
      button: part("play"),
      text,
      show: (index) => this.show(frameAt(this.frames, index)),
      rate: () => FRAMES_PER_SECOND,
      grows: () => this.run.isActive,
    });
  }

  // One picture with its caption above and its note below.
  figureOf(caption) {
    const figure = document.createElement("figure"),
      words = this.view.say(caption.key, caption);
    figure.innerHTML =
      "<figcaption><b></b></figcaption><canvas role='img'></canvas><figcaption></figcaption>";
    figure.querySelector("b").textContent = words;
    figure.querySelector("canvas").setAttribute("aria-label", words);
    figure.dataset.name = caption.key;
    return figure;
  }

  show({ t, notes, pixels }) {
    const { part, say } = this.view,
      { width, height } = this.shape,
      size = width * height * 3;
    this.figures.forEach((figure, n) => {
      paint(
        figure.querySelector("canvas"),
        width,
        height,
        pixels.subarray(n * size, (n + 1) * size),
      );
      figure.lastChild.textContent = notes[n].key ? say(notes[n].key, notes[n]) : "";
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
    if (!chunk || !this.run.accept(chunk)) return;
    if (this.shape?.run !== chunk.run) this.begin(chunk);
    const bytes = bytesOf(chunk.data),
      size = bytes.length / chunk.t.length;
    chunk.t.forEach((t, i) => {
      const pixels = bytes.subarray(i * size, (i + 1) * size);
      this.frames[chunk.first + i] = { t, notes: chunk.notes[i], pixels };
    });
    this.player.extend(this.frames.length - 1);
    const { key } = chunk.verdict ?? {};
    if (key) this.view.part("verdict").textContent = this.view.say(key, chunk.verdict);
  }
}

export function mount(page) {
  const row = new Row(page);
  register(page.props.screen, row.run);
  page.watch("value", () => row.receive(page.props.value));
}
