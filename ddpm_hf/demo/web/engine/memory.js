// The memory of the kernels: numbers are put one behind another, and what is put last goes first.

const PAGE = 65536,
  // More is taken at once than is needed, since each time all views of the memory are lost.
  PAGES = 64;

export class Memory {
  #memory;
  #top;
  #floats;

  // exports: of kernels.wasm.
  constructor({ memory, __heap_base }) {
    this.#memory = memory;
    this.#top = __heap_base.value;
    this.#floats = new Float32Array(memory.buffer);
  }

  // Where there is room for n numbers, and four more for what is written past an odd end.
  room(n) {
    const at = (this.#top + 15) & ~15;
    this.#top = at + 4 * (n + 4);
    const missing = this.#top - this.#memory.buffer.byteLength;
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / PAGE) + PAGES);
      this.#floats = new Float32Array(this.#memory.buffer);
    }
    return at;
  }

  put(numbers) {
    const at = this.room(numbers.length);
    this.#floats.set(numbers, at / 4);
    return at;
  }

  zeros(n) {
    const at = this.room(n);
    this.#floats.fill(0, at / 4, at / 4 + n);
    return at;
  }

  // The n numbers there: a view, good until more room is asked for.
  get(at, n) {
    return this.#floats.subarray(at / 4, at / 4 + n);
  }

  // What `work` takes of the memory is free again after it.
  within(work) {
    const top = this.#top;
    try {
      return work();
    } finally {
      this.#top = top;
    }
  }
}
