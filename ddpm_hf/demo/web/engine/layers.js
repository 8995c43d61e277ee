// The layers of a network on the kernels of kernels/. Each method packs a layer's weights and
// returns the layer: a function of pictures.
//
// A picture is {at, h, w, c}: where it lies in the kernels' memory, channels last and a multiple of 4.
import { FileError } from "./errors.js";
import { Memory } from "./memory.js";

// As in kernels/: a tile's side, its products, and how many tiles are worked on at a time.
const SIDE = 4,
  PRODUCTS = 36,
  TILES = 8;

const upTo = (n, multiple) => Math.ceil(n / multiple) * multiple;

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

  // Lets go of the file's tensors, once all layers are made.
  close() {
    this.#tensors = {};
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
    const product = this.#product(name, 1, 1);
    return (x, { add = 0 } = {}) => product(x, x.at, x.w, add);
  }

  // A convolution of 3 × 3 and stride 2.
  halve(name) {
    const product = this.#product(name, 2, 3),
      frame = this.#framed(1);
    return (x) => product(x, frame(x, x.h + 2, x.w + 2), x.w + 2, 0);
  }

  // (picture, where it lies, pixels of a row there, what is added) → picture.
  #product(name, stride, taps) {
    const { weight, inputs, outputs } = this.#matrix(name, taps),
      bias = this.bias(name),
      depth = inputs * taps ** 2;
    return ({ h, w }, from, row, add) => {
      const out = this.#picture(Math.ceil(h / stride), Math.ceil(w / stride), outputs),
        n = out.h * out.w;
      this.memory.within(() => {
        const rows = this.memory.room(upTo(n, 4) * depth);
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
    const { weight, inputs, outputs } = this.#tiles(name),
      own = this.bias(name),
      frame = norm ? this.#activated(norm) : this.#framed(times),
      [rows, row] = [upTo(h, SIDE) + 2, upTo(w, SIDE) + 2];
    return (x, { bias = own, add = 0 } = {}) => {
      const out = this.#picture(h, w, outputs);
      this.memory.within(() => {
        const from = frame(x, rows, row),
          room = this.memory.room(PRODUCTS * TILES * (inputs + outputs)),
          sizes = [h, w, row, inputs, outputs, Number(times === 2)];
        this.#run.convolve(from, weight, bias, add, out.at, room, ...sizes);
      });
      return out;
    };
  }

  #tiles(name) {
    const { shape, data } = this.tensor(`${name}.weight`),
      [outputs, inputs] = [upTo(shape[0], 8), upTo(shape[1], 4)],
      weight = this.memory.zeros(PRODUCTS * outputs * inputs);
    this.memory.within(() => {
      const from = this.memory.put(data);
      this.#run.pack(from, weight, shape[0], shape[1], outputs, inputs);
    });
    return { weight, inputs, outputs };
  }

  // Both of these: (picture, rows, pixels of a row) → where it lies within a border of zeros.
  #framed(times) {
    return ({ at: from, h, w, c }, rows, row) => {
      const at = this.memory.room(rows * row * c);
      this.#run.frame(from, at, h, w, c, times, rows, row);
      return at;
    };
  }

  #activated(name) {
    const scales = this.#scales(name),
      { groups, eps } = this.#norm;
    return ({ at: from, h, w, c }, rows, row) => {
      const at = this.memory.room(rows * row * c);
      this.#run.activate(from, ...scales, at, h, w, c, groups, eps, rows, row);
      return at;
    };
  }

  #scales(name) {
    return ["weight", "bias"].map((kind) => this.memory.put(this.tensor(`${name}.${kind}`).data));
  }

  // Group norm alone.
  normalise(name) {
    const scales = this.#scales(name),
      { groups, eps } = this.#norm;
    return (x) => {
      const out = this.#picture(x.h, x.w, x.c);
      this.#run.norm(x.at, ...scales, out.at, x.h * x.w, x.c, groups, eps);
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
      const room = this.memory.room(upTo(n, 8) * (2 * head + 4) + 4 * head);
      this.#run.attend(q.at, k.at, v.at, out.at, room, n, q.c, head);
    });
    return out;
  }
}
