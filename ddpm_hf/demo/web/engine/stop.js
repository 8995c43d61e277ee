// An AbortSignal, to be waited for beside something else.
export class Stop {
  #signal;
  #stopped;

  // signal: an AbortSignal, or nothing.
  constructor(signal) {
    this.#signal = signal;
    this.#stopped = new Promise((_, reject) => {
      const stop = () => reject(signal.reason);
      if (signal?.aborted) stop();
      signal?.addEventListener("abort", stop, { once: true });
    });
    this.#stopped.catch(() => {}); // it may come when nobody waits
  }

  get isAsked() {
    return Boolean(this.#signal?.aborted);
  }

  // The promise, unless the signal comes before it: then this rejects with its reason.
  before(promise) {
    return Promise.race([this.#stopped, promise]);
  }
}
