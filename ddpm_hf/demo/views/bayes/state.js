// What the pieces of the view share: each may change it, and each is told.
class State {
  #watchers = [];

  constructor(values) {
    Object.assign(this, values);
  }

  set(values) {
    Object.assign(this, values);
    for (const watcher of this.#watchers) watcher();
  }

  watch(watcher) {
    this.#watchers.push(watcher);
  }
}

// The steps s < t, at which both factors are about as sure; a pixel x_0 and its noisy x_t; x on the
// axis x_s, where the cursor is; the line of the derivation, and a misreading by its name.
export const FIRST = { s: 400, t: 500, x0: 0.8, xt: 1.2, x: 0.5 };
export const state = new State({ ...FIRST, line: 1, reading: null, table: null });
