// The layers of a network on the kernels of kernels.c: weights and pictures in their memory.
//
// A picture is {at, h, w, c}: where it begins, channels last. Channels are a multiple of 4.
import { FileError } from "./errors.js";

const PAGE = 65536;
const up = (n, to) => Math.ceil(n / to) * to;

export class Layers {
  #run;
  #tensors;
  #top;
  #floats;
  #packed = {};

  // run: the exports of the kernels. tensors: as `readSafetensors` gives them.
  constructor(run, tensors) {
    this.#run = run;
    this.#tensors = tensors;
    this.#top = run.__heap_base.value;
    this.#floats = new Float32Array(run.memory.buffer);
    this.#pack();
  }

  // Room for n numbers, and four more for what is written past an odd end.
  room(n) {
    const at = up(this.#top, 16);
    this.#top = at + 4 * (n + 4);
    const missing = this.#top - this.#run.memory.buffer.byteLength;
    if (missing > 0) {
      this.#run.memory.grow(Math.ceil(missing / PAGE) + 64);
      this.#floats = new Float32Array(this.#run.memory.buffer);
    }
    return at;
  }

  put(numbers) {
    const at = this.room(numbers.length);
    this.#floats.set(numbers, at / 4);
    return at;
  }

  // The n numbers there; a view, which the next call of `room` may detach.
  get(at, n) {
    return this.#floats.subarray(at / 4, at / 4 + n);
  }

  // What `work` uses of the memory is free again after it.
  within(work) {
    const top = this.#top;
    try {
      return work();
    } finally {
      this.#top = top;
    }
  }

  has(name) {
    return `${name}.weight` in this.#tensors;
  }

  tensor(name) {
    if (!(name in this.#tensors)) throw new FileError(`The weights have no ${name}.`);
    return this.#tensors[name];
  }

  // All layers' weights, as the kernels take them.
  #pack() {
    const names = Object.keys(this.#tensors).filter((key) => key.endsWith(".weight"));
    for (const name of names.map((key) => key.slice(0, -".weight".length))) {
      if (name === "class_embedding") continue;
      const weight = this.tensor(`${name}.weight`),
        bias = this.tensor(`${name}.bias`),
        isNorm = weight.shape.length === 1;
      this.#packed[name] = isNorm ? this.#packNorm(weight, bias) : this.#packConv(weight, bias);
    }
  }

  #layer(name) {
    if (!(name in this.#packed)) throw new FileError(`The weights have no ${name}.`);
    return this.#packed[name];
  }

  #packNorm(weight, bias) {
    return { weight: this.put(weight.data), bias: this.put(bias.data) };
  }

  // (outputs, inputs, taps, taps) → (outputs / 8, taps, taps, inputs, 8), zeros where there are none.
  #packConv({ shape: [outputs, inputs, taps = 1], data }, bias) {
    const area = taps * taps,
      inner = up(inputs, 4),
      packed = new Float32Array(up(outputs, 8) * area * inner),
      padded = new Float32Array(up(outputs, 8));
    for (let o = 0, i = 0; o < outputs; o++)
      for (let c = 0; c < inputs; c++)
        for (let t = 0; t < area; t++)
          packed[(((o >> 3) * area + t) * inner + c) * 8 + (o & 7)] = data[i++];
    padded.set(bias.data);
    const numbers = { inputs: inner, outputs: up(outputs, 8), taps };
    return { weight: this.put(packed), bias: this.put(padded), ...numbers };
  }

  // A convolution of 3 × 3, of a picture within a border of one pixel, or of 1 × 1. `bias` stands in
  // for the layer's own; `add`, a picture like the output, is added to it.
  conv(name, from, { stride = 1, bias, add = 0 } = {}) {
    const layer = this.#layer(name);
    const { weight, inputs, outputs, taps } = layer;
    if (inputs !== from.c) throw new FileError(`${name} does not fit the network of its config.`);
    const h = Math.ceil(from.h / stride),
      w = Math.ceil(from.w / stride),
      row = taps === 3 ? from.w + 2 : from.w,
      at = this.room(h * w * outputs);
    const numbers = [h, w, row, stride, taps, inputs, outputs];
    this.#run.conv(from.at, weight, bias ?? layer.bias, add, at, ...numbers);
    return { at, h, w, c: outputs };
  }

  // A convolution's own bias, of `n` outputs.
  bias(name, n) {
    return this.get(this.#layer(name).bias, n);
  }

  // Group norm; within a border of zeros for a convolution of 3 × 3, and with SiLU behind it.
  norm(name, { at: from, h, w, c }, { groups, eps, isFramed = true }) {
    const { weight, bias } = this.#layer(name);
    const pad = Number(isFramed),
      at = this.#blank((h + 2 * pad) * (w + 2 * pad) * c);
    this.#run.norm(from, weight, bias, at, h, w, c, groups, eps, pad, pad);
    return { at, h, w, c };
  }

  // The picture within a border of zeros, each pixel `times` as wide and high.
  frame({ at: from, h, w, c }, times = 1) {
    const at = this.#blank((h * times + 2) * (w * times + 2) * c);
    this.#run.frame(from, at, h, w, c, times);
    return { at, h: h * times, w: w * times, c };
  }

  // The channels of both.
  join(one, two) {
    const at = this.room(one.h * one.w * (one.c + two.c));
    this.#run.join(one.at, two.at, at, one.h * one.w, one.c, two.c);
    return { ...one, at, c: one.c + two.c };
  }

  silu({ at: from, ...shape }) {
    const at = this.room(shape.c);
    this.#run.silu_all(from, at, shape.c);
    return { at, ...shape };
  }

  attend(q, k, v, head) {
    const n = q.h * q.w,
      at = this.room(n * q.c);
    this.#run.attend(q.at, k.at, v.at, at, this.room(n), n, q.c, head);
    return { ...q, at };
  }

  #blank(n) {
    const at = this.room(n);
    this.#floats.fill(0, at / 4, at / 4 + n);
    return at;
  }
}
