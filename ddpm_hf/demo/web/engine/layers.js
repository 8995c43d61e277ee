// The layers of a network on the kernels of kernels.c. Each method packs a layer's weights and
// returns the layer: a function of pictures.
//
// A picture is {at, h, w, c}: where it lies in the kernels' memory, channels last and a multiple of 4.
import { FileError } from "./errors.js";
import { Memory } from "./memory.js";

const upTo = (n, multiple) => Math.ceil(n / multiple) * multiple;

// Winograd's tiles have m × m outputs. Larger ones take fewer products; but a small picture has so
// few of them that to read their weights takes longer.
const tileOf = (h, w) => (h * w >= 196 ? 4 : 2);

export class Layers {
  #run;
  #tensors;
  #norm;

  // run: the exports of the kernels. tensors: as `readSafetensors` gives them. norm: {groups, eps}.
  constructor(run, tensors, norm) {
    this.#run = run;
    this.#tensors = tensors;
    this.#norm = norm;
    this.memory = new Memory(run);
  }

  has(name) {
    return `${name}.weight` in this.#tensors;
  }

  // A tensor as it is in the file.
  tensor(name) {
    if (!(name in this.#tensors)) throw new FileError(`The weights have no ${name}.`);
    return this.#tensors[name];
  }

  // The layer's bias in the kernels' memory, padded.
  bias(name) {
    const { data } = this.tensor(`${name}.bias`),
      padded = new Float32Array(upTo(data.length, 8));
    padded.set(data);
    return this.memory.put(padded);
  }

  #picture(h, w, c) {
    return { at: this.memory.room(h * w * c), h, w, c };
  }

  // A matrix at each pixel: a convolution of 1 × 1, or a linear layer. `add`: where a picture like
  // the output lies, which is added to it.
  linear(name) {
    return this.#product(name, 1, 1);
  }

  // A convolution of 3 × 3 and stride 2.
  halve(name) {
    return this.#product(name, 2, 3);
  }

  #product(name, stride, taps) {
    const { weight, inputs, outputs } = this.#matrix(name, taps),
      bias = this.bias(name);
    return (x, { add = 0 } = {}) => {
      const out = this.#picture(Math.ceil(x.h / stride), Math.ceil(x.w / stride), outputs),
        n = out.h * out.w,
        depth = inputs * taps ** 2;
      this.memory.within(() => {
        const row = taps === 1 ? x.w : x.w + 2,
          from = taps === 1 ? x.at : this.#framed(x, 1, x.h, x.w),
          rows = this.memory.room(upTo(n, 4) * depth);
        this.#run.gather(from, rows, out.h, out.w, row, stride, taps, inputs);
        this.#run.multiply(rows, weight, bias, add, out.at, n, depth, outputs);
      });
      return out;
    };
  }

  // (outputs, inputs, taps, taps) → (outputs / 8, taps, taps, inputs, 8), padded by zeros.
  #matrix(name, taps) {
    const { shape, data } = this.tensor(`${name}.weight`),
      [outputs, inputs] = [upTo(shape[0], 8), upTo(shape[1], 4)],
      area = taps ** 2,
      packed = new Float32Array(outputs * area * inputs);
    for (let o = 0, i = 0; o < shape[0]; o++)
      for (let c = 0; c < shape[1]; c++)
        for (let t = 0; t < area; t++)
          packed[(((o >> 3) * area + t) * inputs + c) * 8 + (o & 7)] = data[i++];
    return { weight: this.memory.put(packed), inputs, outputs };
  }

  // A convolution of 3 × 3 with h × w pixels, of a picture `times` as small. `norm`: the group norm
  // before it, with SiLU between the two. `bias` stands in for its own; `add` is as in `linear`.
  convolve(name, h, w, { norm, times = 1 } = {}) {
    const m = tileOf(h, w),
      { weight, inputs, outputs } = this.#tiles(name, m),
      own = this.bias(name),
      normed = norm && this.#scales(norm),
      [high, wide] = [upTo(h, m), upTo(w, m)];
    return (x, { bias = own, add = 0 } = {}) => {
      const out = this.#picture(h, w, outputs),
        tiles = upTo((high / m) * (wide / m), 4) * (m + 2) ** 2;
      this.memory.within(() => {
        const from = normed ? this.#activated(x, normed, high, wide) : this.#framed(x, times, high, wide),
          rows = this.memory.room(tiles * inputs),
          products = this.memory.room(tiles * outputs);
        const sizes = [m, h, w, wide + 2, inputs, outputs, Number(times === 2)];
        this.#run.convolve(from, weight, bias, add, out.at, rows, products, ...sizes);
      });
      return out;
    };
  }

  #tiles(name, m) {
    const { shape, data } = this.tensor(`${name}.weight`),
      [outputs, inputs] = [upTo(shape[0], 8), upTo(shape[1], 4)],
      weight = this.memory.zeros((m + 2) ** 2 * outputs * inputs);
    this.memory.within(() => {
      const from = this.memory.put(data);
      this.#run.pack(from, weight, m, shape[0], shape[1], outputs, inputs);
    });
    return { weight, inputs, outputs };
  }

  // The picture within a border of zeros, as large as `high` × `wide` asks for.
  #framed({ at: from, h, w, c }, times, high, wide) {
    const at = this.memory.zeros((high + 2) * (wide + 2) * c);
    this.#run.frame(from, at, h, w, c, times, wide + 2);
    return at;
  }

  #scales(name) {
    return ["weight", "bias"].map((kind) => this.memory.put(this.tensor(`${name}.${kind}`).data));
  }

  #activated({ at: from, h, w, c }, scales, high, wide) {
    const { groups, eps } = this.#norm,
      at = this.memory.zeros((high + 2) * (wide + 2) * c);
    this.#run.norm(from, ...scales, at, h, w, c, groups, eps, wide + 2);
    return at;
  }

  // Group norm alone.
  normalise(name) {
    const scales = this.#scales(name),
      { groups, eps } = this.#norm;
    return (x) => {
      const out = this.#picture(x.h, x.w, x.c);
      this.#run.norm(x.at, ...scales, out.at, x.h, x.w, x.c, groups, eps, 0);
      return out;
    };
  }

  // The channels of both.
  join(one, two) {
    const out = this.#picture(one.h, one.w, one.c + two.c);
    this.#run.join(one.at, two.at, out.at, one.h * one.w, one.c, two.c);
    return out;
  }

  silu(x) {
    const out = this.#picture(x.h, x.w, x.c);
    this.#run.silu(x.at, out.at, x.h * x.w * x.c);
    return out;
  }

  // Attention of heads of `head` channels.
  attend(q, k, v, head) {
    const out = this.#picture(q.h, q.w, q.c),
      n = q.h * q.w;
    this.memory.within(() => {
      this.#run.attend(q.at, k.at, v.at, out.at, this.memory.room(n), n, q.c, head);
    });
    return out;
  }
}
