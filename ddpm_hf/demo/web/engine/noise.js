// torch's seeded noise on a CPU: the generator mt19937, then Box and Muller.
import { interpolateNoise } from "./equations.js";

// torch.Generator().manual_seed(seed): 32 random bits a call. Of the seed its lowest 32 bits count.
function mersenneTwister(seed) {
  const state = new Uint32Array(624);
  let at = 624;
  state[0] = seed;
  for (let i = 1; i < 624; i++)
    state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;

  function twist() {
    for (let i = 0; i < 624; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % 624] & 0x7fffffff);
      state[i] = state[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    at = 0;
  }
  return () => {
    if (at === 624) twist();
    let y = state[at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}

const BLOCK = 16;

// What torch.Generator().manual_seed(seed) draws.
export class TorchNormal {
  #bits;
  #spare = null;
  #uniforms = new Float32Array(0);

  constructor(seed) {
    this.#bits = mersenneTwister(seed);
  }

  // torch.randn(total, generator=…)[from:to]; all of it is drawn, so that the next draw is torch's.
  draw(total, from = 0, to = total) {
    if (total < BLOCK)
      return Float32Array.from({ length: total }, () => this.#single()).slice(from, to);
    const u = this.#drawUniforms(total);
    const normal = new Float32Array(to - from);
    const put = (i, value) => {
      if (i >= from && i < to) normal[i - from] = value;
    };
    const transform = (start, uniforms) => {
      for (let j = 0; j < BLOCK / 2; j++) {
        const radius = Math.sqrt(-2 * Math.log(1 - uniforms[j])),
          angle = 2 * Math.PI * uniforms[j + BLOCK / 2];
        put(start + j, radius * Math.cos(angle));
        put(start + j + BLOCK / 2, radius * Math.sin(angle));
      }
    };
    const first = from - (from % BLOCK);
    for (let i = first; i + BLOCK <= total && i < to; i += BLOCK)
      transform(i, u.subarray(i, i + BLOCK));
    // torch draws the last block of an odd size afresh, over what is there.
    if (total % BLOCK)
      transform(
        total - BLOCK,
        Float32Array.from({ length: BLOCK }, () => this.#uniform()),
      );
    return normal;
  }

  #uniform() {
    return (this.#bits() & 0xffffff) / 2 ** 24;
  }

  #drawUniforms(total) {
    if (this.#uniforms.length !== total) this.#uniforms = new Float32Array(total);
    for (let i = 0; i < total; i++) this.#uniforms[i] = this.#uniform();
    return this.#uniforms;
  }

  // Small tensors: pairs of numbers of 53 bits, the second of which waits for the next call.
  #single() {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    const angle = 2 * Math.PI * this.#double(),
      radius = Math.sqrt(-2 * Math.log1p(-this.#double()));
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  #double() {
    const high = this.#bits() & 0x1fffff;
    return (high * 2 ** 32 + this.#bits()) / 2 ** 53;
  }
}

// The noise of a batch, of which only the pictures from `from` to `to` are kept, one after another.
// seed: a number for the whole batch, a list with one for each picture, or {between, weights}: two
// seeds, and where between their noise each picture's is.
export function batchNoise(seed, number, size, from, to) {
  if (seed.between) return noiseBetween(seed, size, from, to);
  if (!Array.isArray(seed)) {
    const stream = new TorchNormal(seed);
    return () => stream.draw(number * size, from * size, to * size);
  }
  const streams = seed.slice(from, to).map((each) => new TorchNormal(each));
  return () => {
    const all = new Float32Array(streams.length * size);
    streams.forEach((stream, i) => all.set(stream.draw(size), i * size));
    return all;
  };
}

function noiseBetween({ between, weights }, size, from, to) {
  const streams = between.map((each) => new TorchNormal(each));
  return () => {
    const [x, y] = streams.map((stream) => stream.draw(size)),
      mixed = (i) => interpolateNoise(weights[from + Math.floor(i / size)], x[i % size], y[i % size]);
    return Float32Array.from({ length: (to - from) * size }, (_, i) => mixed(i));
  };
}
