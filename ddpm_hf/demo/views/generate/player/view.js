// The player of Generate: three screens, timeline, filmstrip, keys. Frames arrive in chunks while
// the network samples; to drag, to play and to look closer asks nothing of anyone.
import { keepWhole } from "../../../web/canvas.js";
import { viewOf } from "../../../web/page.js";
import { FramePlayer, frameAt } from "../../../web/player.js";
import { RECORDED, RECORDED_FRAMES_PER_SECOND, showFirst } from "../../../web/recorded/recorded.js";
import { Run } from "../../../web/run/run.js";
import { prepare } from "../../../web/run/models.js";
import { prefersServer } from "../../../web/run/place.js";
import { register } from "../../../web/run/screens.js";
import { chunks } from "../here.js";
import { settingsOf } from "../link.js";
import { Film } from "./film.js";
import { drawGrid, imageAt } from "./grid.js";
import { Keep } from "./keep.js";
import { Strip } from "./strip.js";

const SCREENS = ["noisy", "predicted", "noise"];
const FRAMES_PER_SECOND = 25;

// A chunk's frames: {t, noisy, predicted, noise}, each screen's pixels of all images.
export function framesOf({ t, data, count, width, height }) {
  const size = count * width * height * 3;
  const screen = (i, k) =>
    data.subarray((SCREENS.length * i + k) * size, (SCREENS.length * i + k + 1) * size);
  return t.map((at, i) => ({
    t: at,
    ...Object.fromEntries(SCREENS.map((name, k) => [name, screen(i, k)])),
  }));
}

class Player {
  frames = [];
  shape = null; // {run, count, width, height}; null before the first run
  alone = null; // the image shown alone, or null for all of them
  seed = null; // of the run on show

  constructor(page) {
    this.element = page.element;
    this.view = viewOf(page.element, page.props.strings);
    this.run = new Run(page, this.view, (chunk) => this.receive(chunk), this.hereOf(page.props));
    const { part, text } = this.view,
      takeOver = (index) => this.player.takeOver(index);
    this.strip = new Strip(this.view, takeOver);
    this.film = new Film(this.view, takeOver);
    this.keeping = new Keep(this.view, (isSaving) => this.run.saving(isSaving));
    this.player = new FramePlayer({
      timeline: part("timeline"),
      button: part("play"),
      text,
      show: (index) => this.show(index),
      rate: () => this.framesPerSecond * Number(part("speed").value),
      loops: () => part("loop").checked,
      grows: () => this.run.isActive,
    });
    part("picture").append(new Option(text.all, ""));
    for (const name of SCREENS) {
      this.caption(name, text[name]);
      keepWhole(part(name));
    }
    this.listen();
  }

  // What makes a run's chunks in this page; null where the server's model is not bundled.
  hereOf({ here }) {
    if (!here) return null;
    if (!prefersServer()) prepare(here.first, here.models);
    return (controls, signal) => chunks(here, this.view.language, controls, signal);
  }

  listen() {
    const picture = this.view.part("picture");
    picture.addEventListener("change", () =>
      this.showAlone(picture.value === "" ? null : Number(picture.value)),
    );
    for (const name of SCREENS)
      this.view.part(name).addEventListener("click", (event) => this.look(event));
    document.addEventListener("keydown", (event) => this.press(event));
  }

  show(index) {
    const { part, text } = this.view,
      frame = frameAt(this.frames, index);
    for (const name of SCREENS) {
      drawGrid(part(name), this.shape, frame[name], this.alone);
      this.caption(name, text[frame.t === 0 ? `${name}_last` : name]);
    }
    part("timeline").setAttribute("aria-valuetext", `t = ${frame.t}`);
    part("clock").textContent = `t = ${frame.t}`;
    this.strip.move(index);
    this.film.mark(index);
  }

  caption(name, words) {
    this.view.part(`${name}_caption`).textContent = words;
    this.view.part(name).setAttribute("aria-label", words);
  }

  // Which model's pictures these are, from which seed, and where they were sampled.
  tell({ run, steps, model, seed }) {
    const isRecorded = run === RECORDED,
      { text, say, part } = this.view;
    const about = isRecorded ? { model, seed } : settingsOf(this.run.controls);
    const where = text[isRecorded ? "recorded" : `sampled_${this.run.place}`];
    part("stage").textContent = say("stage", { ...about, steps, where });
    this.seed = about.seed;
  }

  showAlone(n) {
    this.alone = n;
    this.view.part("picture").value = n ?? "";
    this.show(this.player.index);
    this.film.draw(this.shape, this.frames, n);
  }

  // A click on a screen shows one image alone, or all of them again.
  look(event) {
    if (!this.shape || this.shape.count === 1) return;
    if (this.alone !== null) return this.showAlone(null);
    const box = event.target.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const n = imageAt(this.shape.count, x, y);
    if (n !== null) this.showAlone(n);
  }

  begin(chunk) {
    const { part, text } = this.view,
      { run, count, width, height, total, course } = chunk;
    this.tell(chunk);
    this.shape = { run, count, width, height };
    this.frames = [];
    this.alone = null;
    for (const name of ["timeline", "play", "picture"]) part(name).disabled = false;
    this.keeping.withdraw();
    part("picture").replaceChildren(new Option(text.all, ""));
    for (let n = 0; n < count; n++) part("picture").append(new Option(n + 1, n));
    this.player.begin(total);
    this.strip.draw(course ?? null, total);
    this.film.begin(run, total);
  }

  receive(chunk) {
    if (!this.run.accept(chunk) || !chunk.t.length) return;
    if (this.shape?.run !== chunk.run) this.begin(chunk);
    this.keep(chunk);
    this.player.extend(this.frames.length - 1);
  }

  keep(chunk) {
    framesOf(chunk).forEach((frame, i) => {
      this.frames[chunk.first + i] = frame;
    });
    this.film.draw(this.shape, this.frames, this.alone);
    if (this.frames.length === chunk.total) this.keeping.offer(this);
  }

  get framesPerSecond() {
    return this.shape.run === RECORDED ? RECORDED_FRAMES_PER_SECOND : FRAMES_PER_SECOND;
  }

  // Keys work in the player, and in the open page where nothing else has the focus.
  press(event) {
    const { target, key } = event,
      visible = this.element.offsetParent !== null;
    const ours = target === document.body || this.element.contains(target);
    if (!this.shape || !visible || !ours || !(key in KEYS)) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const hasOwnSpace = target.matches("button, a, select, input[type=checkbox]");
    if (target.matches("select") ? key !== "Escape" : hasOwnSpace && key === " ") return;
    event.preventDefault();
    KEYS[key](this);
  }
}

const KEYS = {
  ArrowLeft: ({ player }) => player.takeOver(player.index - 1),
  ArrowRight: ({ player }) => player.takeOver(player.index + 1),
  Home: ({ player }) => player.takeOver(0),
  End: ({ player }) => player.takeOver(player.newest),
  " ": ({ player }) => player.toggle(),
  Escape: (view) => view.showAlone(null),
};

export function mount(page) {
  const player = new Player(page);
  register(page.props.screen, player.run);
  showFirst(player, "generate");
}
