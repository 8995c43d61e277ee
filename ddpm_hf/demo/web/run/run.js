// A screen's run: started, stopped and told of. It runs here, or on the server, which is told its id.
import { hasServer } from "../page.js";
import { pixelsOf } from "../sheet.js";
import { Pace } from "./pace.js";
import { offerChoice, prefersServer } from "./place.js";
import { IDLE, arrived, belongs, failed, isActive, started, stopped, told } from "./state.js";

const PERCENT = "{percent}";

// A chunk of the server's, with its frames as bytes, as a run in this page has them.
async function opened({ data, ...chunk }) {
  const bytes = data ? await pixelsOf(data, "image/png", chunk) : new Uint8Array();
  return { ...chunk, data: bytes };
}

// Also where the page is served without TLS, which has no randomUUID.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Run {
  #state = IDLE;
  #saving = false; // a moving picture is being made
  #link = null; // the address of the run that was started, if it has one, until frames come
  #button = null; // the one that starts it
  #stopper = null; // ends a run in this page; null if it is on the server
  #arriving = Promise.resolve(); // what the server sent, one after the other
  #controls = []; // of the run that was started last
  #pace;

  // view: as `viewOf` gives it, with the parts `status`, which is seen, `spoken`, which is heard,
  // `refusal`, and `place`, for where it is. show(chunk) draws; it asks `accept` whether the chunk is this run's.
  // here: (controls, signal) → the chunks, made in this page, or null: the server makes them.
  constructor({ element, props, trigger, watch }, view, show, here) {
    Object.assign(this, { element, trigger, view, show, here });
    watch("value", () => props.value && this.#receive(props.value));
    this.#pace = new Pace(view);
    if (here) offerChoice(view, () => this.#foretell());
    this.#foretell();
    this.#tell();
  }

  get isActive() {
    return isActive(this.#state);
  }

  get #isHere() {
    return Boolean(this.here) && !prefersServer();
  }

  // Of the run that was started last: its controls, and where it is, "here" or "there".
  get controls() {
    return this.#controls;
  }

  get place() {
    return this.#stopper ? "here" : "there";
  }

  // Nothing was started yet.
  get isIdle() {
    return this.#state === IDLE;
  }

  // A run that is under way is stopped, and another begins.
  start(buttonId, controls, link) {
    this.#button = document.getElementById(buttonId);
    if (isActive(this.#state)) this.#end();
    this.refuse([]);
    this.#link = link ?? null;
    this.#controls = controls;
    this.#move(started(this.#state, newId()));
    if (this.#isHere) this.#runHere(controls);
    else this.#runThere(controls);
  }

  stop() {
    const before = this.#state;
    this.#move(stopped(before));
    if (this.#state !== before) this.#end();
  }

  // Tells what can't be had, as `check` throws it, until the next run is started.
  refuse(faults) {
    const { part, say, language } = this.view,
      sentences = faults.map(({ key, values }) => say(key, values));
    part("refusal").hidden = sentences.length === 0;
    part("refusal").textContent = sentences.join(language === "zh" ? "" : " ");
  }

  // The server ended the run; what it sent before is shown first.
  fail() {
    this.#arriving = this.#arriving.then(() => this.#move(failed(this.#state)));
  }

  saving(isSaving) {
    this.#saving = isSaving;
    this.#tell();
  }

  // Whether a chunk is this run's; if so, it counts.
  accept(chunk) {
    if (!belongs(this.#state, chunk)) return false;
    this.#showLink();
    this.#move(arrived(this.#state, chunk));
    this.#pace.count(this.#state.shown, chunk.steps);
    this.element.dataset.frames = this.#state.shown.frames;
    this.element.dataset.complete = this.#state.phase === "done";
    return true;
  }

  #receive(chunk) {
    const opening = opened(chunk);
    this.#arriving = this.#arriving.then(async () => this.show(await opening));
  }

  // Where the next run will be, unless one is told of.
  #foretell() {
    if (!this.isActive) this.#pace.at(this.#isHere ? "here" : "there");
  }

  async #runHere(controls) {
    const { run } = this.#state,
      stopper = new AbortController();
    this.#stopper = stopper;
    this.#pace.at("here");
    try {
      for await (const chunk of this.here(controls, stopper.signal)) this.show({ run, ...chunk });
    } catch (error) {
      if (stopper.signal.aborted) return;
      if (hasServer()) this.#runThere(controls, error);
      else this.#refuse(error);
    }
  }

  // error: what kept it from running here, if something did; the server says itself what is out of
  // bounds.
  #runThere(controls, error) {
    this.#stopper = null;
    this.#pace.at("there", error?.name === "OutOfBounds" ? null : error);
    this.trigger("submit", { run: this.#state.run, controls });
  }

  // Without a server there is nothing else to try.
  #refuse(error) {
    this.#move(failed(this.#state));
    if (error.name === "OutOfBounds") this.refuse([error]);
    else this.#pace.at("nowhere", error);
  }

  // The run that was under way, wherever it is.
  #end() {
    if (this.#stopper) this.#stopper.abort();
    else this.trigger("stop", { run: this.#state.run });
  }

  #move(state) {
    this.#state = state;
    this.#button?.toggleAttribute("data-running", isActive(state));
    this.#tell();
  }

  // Frames came, so the run was not refused: its link becomes the page's address, in the view that
  // is open by now.
  #showLink() {
    if (!this.#link) return;
    const address = new URL(this.#link),
      tab = new URL(location).searchParams.get("tab");
    if (tab) address.searchParams.set("tab", tab);
    history.replaceState(null, "", address);
    this.#link = null;
  }

  #tell() {
    const { part, text } = this.view,
      [key, percent] = told(this.#state, this.#saving);
    part("status").textContent = text[key].replace(PERCENT, Math.round(percent));
    // A screen reader speaks whenever this is written: at each tenth is often enough.
    const spoken = text[key].replace(PERCENT, 10 * Math.floor(percent / 10));
    if (part("spoken").textContent !== spoken) part("spoken").textContent = spoken;
  }
}
