// Web Workers that have the network, lent to one run after another.
import { BrowserError, revived, WorkerError } from "./errors.js";

const MOST = 8;

// How many workers share the pictures of a run.
export const workersFor = (pictures) =>
  Math.max(1, Math.min(pictures, navigator.hardwareConcurrency ?? 1, MOST));

class Hand {
  #worker;
  #heard = () => {};

  constructor() {
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#heard(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#heard({ error: { message: event.message || "A worker could not be started." } });
    };
  }

  // Where its messages go from now on.
  listen(heard) {
    this.#heard = heard;
  }

  tell(message) {
    this.#worker.postMessage(message);
  }

  end() {
    this.#worker.terminate();
  }
}

// A worker that has loaded the network. parts: {kernels, config, weights}.
function started(parts) {
  if (typeof Worker === "undefined") throw new BrowserError("This browser has no Web Workers.");
  const hand = new Hand();
  hand.tell(parts);
  return new Promise((resolve, reject) => {
    hand.listen(({ error }) => {
      if (!error) return resolve(hand);
      hand.end();
      reject(revived(error));
    });
  });
}

export class Pool {
  #parts;
  #idle = [];
  #isClosed = false;

  constructor(parts) {
    this.#parts = parts;
  }

  // So many workers, of those that wait or new ones. They are the caller's until given back.
  async take(number) {
    if (this.#isClosed) throw new WorkerError("This model was closed.");
    const taken = this.#idle.splice(0, number);
    const missing = Array.from({ length: number - taken.length }, () => started(this.#parts));
    const settled = await Promise.allSettled(missing);
    const hands = [...taken, ...settled.flatMap(({ value }) => value ?? [])];
    const failed = settled.find(({ status }) => status === "rejected");
    if (failed) {
      this.give(hands);
      throw failed.reason;
    }
    return hands;
  }

  give(hands) {
    for (const hand of hands) {
      hand.listen(() => {});
      if (this.#isClosed) hand.end();
      else this.#idle.push(hand);
    }
  }

  close() {
    this.#isClosed = true;
    this.give(this.#idle.splice(0));
  }
}
