// The one player of frames: a timeline to drag, and a button that plays and pauses. Frames may
// still be coming while it plays.

import { isStill } from "./page.js";

const MS_STILL = 1000; // a frame stands for so long where motion is unwelcome

// Where playing is after a step. At the newest frame it waits there, or begins again.
export function advanced(at, step, newest, loops) {
  if (at >= newest) return loops ? 0 : at;
  return Math.min(at + step, newest);
}

// The frame at an index. A lost one is replaced by the one before it, or else by the first.
export const frameAt = (frames, index) =>
  frames.slice(0, index + 1).findLast(Boolean) ?? frames.find(Boolean);

export class FramePlayer {
  #at = 0; // the frame on show, and a fraction while it plays
  #newest = 0;
  #request = null; // the animation frame asked for; null while paused
  #following = true; // shows each frame as it comes, until the reader takes over

  // show(index) draws a frame; rate() is in frames a second; grows() says whether more will come.
  constructor({ timeline, button, text, show, rate, loops = () => false, grows = () => false }) {
    Object.assign(this, { timeline, button, text, show, rate, loops, grows });
    timeline.addEventListener("input", () => this.takeOver(Number(timeline.value)));
    button.addEventListener("click", () => this.toggle());
    this.pause();
  }

  get index() {
    return Math.floor(this.#at);
  }

  get newest() {
    return this.#newest;
  }

  // Other frames, `total` in all; none is there yet.
  begin(total) {
    this.pause();
    this.#following = true;
    this.#at = this.#newest = 0;
    this.timeline.max = total - 1;
  }

  // Other frames, which are all there.
  load(total) {
    this.begin(total);
    this.#following = false;
    this.#newest = total - 1;
  }

  // Frames are there up to this index.
  extend(newest) {
    this.#newest = newest;
    if (this.#following) this.seek(newest);
  }

  // Shows a frame, or the nearest that is there.
  seek(at) {
    this.#at = Math.max(0, Math.min(at, this.#newest));
    this.timeline.value = this.index;
    this.show(this.index);
  }

  // The reader chose a frame.
  takeOver(index) {
    this.#following = false;
    this.pause();
    this.seek(index);
  }

  pause() {
    cancelAnimationFrame(this.#request);
    this.#request = null;
    this.button.textContent = this.text.play;
  }

  play() {
    this.button.textContent = this.text.pause;
    this.#following = false;
    if (this.#at >= this.#newest) this.seek(0);
    let last = performance.now();
    const tick = (now) => {
      if (now - last >= (isStill() ? MS_STILL : 0)) {
        this.#move((now - last) / 1000);
        last = now;
      }
      if (this.button.isConnected && this.#hasMore()) this.#request = requestAnimationFrame(tick);
      else this.pause();
    };
    this.#request = requestAnimationFrame(tick);
  }

  toggle() {
    if (this.#request === null) this.play();
    else this.pause();
  }

  #move(seconds) {
    const before = this.index,
      at = advanced(this.#at, seconds * this.rate(), this.#newest, this.loops());
    if (Math.floor(at) === before) this.#at = at;
    else this.seek(at);
  }

  #hasMore() {
    return this.#at < this.#newest || this.loops() || this.grows();
  }
}
