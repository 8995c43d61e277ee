// A screen's run: started, stopped and told of. The server is told the run's id.
import { IDLE, arrived, belongs, failed, isActive, started, stopped, told } from "./state.js";

const PERCENT = "{percent}";

// Also where the page is served without TLS, which has no randomUUID.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Run {
  #state = IDLE;
  #saving = false; // a moving picture is being made, on the server
  #link = null; // the address of the run that was started, if it has one, until frames come
  #button = null; // the one that starts it

  // view: as `viewOf` gives it, with the parts `status`, which is seen, and `spoken`, which is heard.
  constructor({ element, trigger }, view) {
    Object.assign(this, { element, trigger, view });
    this.#tell();
  }

  get isActive() {
    return isActive(this.#state);
  }

  // A run that is under way is stopped, and another begins.
  start(buttonId, link) {
    this.#button = document.getElementById(buttonId);
    if (isActive(this.#state)) this.#stopOnServer();
    this.#link = link ?? null;
    this.#move(started(this.#state, newId()));
    this.trigger("submit", { run: this.#state.run });
  }

  stop() {
    const before = this.#state;
    this.#move(stopped(before));
    if (this.#state !== before) this.#stopOnServer();
  }

  fail() {
    this.#move(failed(this.#state));
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
    this.element.dataset.frames = this.#state.shown.frames;
    this.element.dataset.complete = this.#state.phase === "done";
    return true;
  }

  #stopOnServer() {
    this.trigger("stop", { run: this.#state.run });
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
    this.element.dataset.link = this.#link;
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
