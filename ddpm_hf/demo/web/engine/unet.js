// diffusers' UNet2DModel, one picture at a time.
import { Layers } from "./layers.js";

const MAX_PERIOD = 10000;

export class UNet {
  #config;
  #layers;
  #embed;
  #body;

  // run: the exports of the kernels. config: as `readConfig` gives it. tensors: of its safetensors.
  // Throws FileError for weights that are not all there.
  constructor(run, config, tensors) {
    const norm = { groups: config.norm_num_groups, eps: config.norm_eps };
    this.#config = config;
    this.#layers = new Layers(run, tensors, norm);
    this.#embed = this.#embedding();
    this.#body = this.#network();
    this.#layers.close();
  }

  // x_t, channels first; diffusers' timestep; a class, for a network with classes → the output, like
  // x_t, or with a learned variance behind it.
  denoise(x_t, timestep, label) {
    return this.#layers.memory.within(() => {
      const time = this.#embed(timestep, label);
      return this.#channelsFirst(this.#body(this.#channelsLast(x_t), time));
    });
  }

  #channelsLast(x) {
    const [h, w] = this.#config.sample_size,
      area = h * w,
      last = new Float32Array(4 * area);
    for (let c = 0; c < this.#config.in_channels; c++)
      for (let p = 0; p < area; p++) last[4 * p + c] = x[c * area + p];
    return { at: this.#layers.memory.put(last), h, w, c: 4 };
  }

  #channelsFirst({ at, h, w, c }) {
    const area = h * w,
      channels = this.#config.out_channels,
      last = this.#layers.memory.get(at, area * c),
      first = new Float32Array(channels * area);
    for (let o = 0; o < channels; o++)
      for (let p = 0; p < area; p++) first[o * area + p] = last[p * c + o];
    return first;
  }

  // The sines and cosines of the timestep.
  #waves(timestep) {
    const { block_out_channels, flip_sin_to_cos, freq_shift } = this.#config,
      half = block_out_channels[0] / 2,
      waves = new Float32Array(2 * half),
      [sines, cosines] = flip_sin_to_cos ? [half, 0] : [0, half];
    for (let i = 0; i < half; i++) {
      const exponent = Math.fround((-Math.log(MAX_PERIOD) * i) / (half - freq_shift));
      const angle = Math.fround(timestep * Math.fround(Math.exp(exponent)));
      waves[sines + i] = Math.sin(angle);
      waves[cosines + i] = Math.cos(angle);
    }
    return { at: this.#layers.memory.put(waves), h: 1, w: 1, c: 2 * half };
  }

  // (timestep, class) → their embedding, as every resnet takes it.
  #embedding() {
    const layers = this.#layers,
      hasClasses = this.#config.num_class_embeds !== null,
      classes = hasClasses ? layers.tensor("class_embedding.weight").data : null,
      one = layers.linear("time_embedding.linear_1"),
      two = layers.linear("time_embedding.linear_2");
    return (timestep, label) => {
      const time = two(layers.silu(one(this.#waves(timestep))));
      const sum = layers.memory.get(time.at, time.c);
      if (hasClasses) for (let i = 0; i < time.c; i++) sum[i] += classes[label * time.c + i];
      return layers.silu(time);
    };
  }

  // (picture, embedding) → picture.
  #network() {
    const [h, w] = this.#config.sample_size,
      last = this.#config.block_out_channels.length - 1,
      sizes = this.#config.block_out_channels.map((_, i) => [h / 2 ** i, w / 2 ** i]),
      begin = this.#layers.convolve("conv_in", h, w),
      down = sizes.map((size, i) => this.#down(i, size, i === last)),
      middle = this.#middle(sizes[last]),
      up = sizes.toReversed().map((size, i) => this.#up(i, size, i === last)),
      end = this.#layers.convolve("conv_out", h, w, { norm: "conv_norm_out" });
    return (x, time) => {
      let y = begin(x);
      const kept = [y];
      for (const block of down) y = block(y, time, kept);
      y = middle(y, time);
      for (const block of up) y = block(y, time, kept);
      return end(y);
    };
  }

  // A block on the way down, which leaves what the way up needs in `kept`.
  #down(i, size, isLast) {
    const { down_block_types, layers_per_block } = this.#config,
      name = `down_blocks.${i}`,
      attends = down_block_types[i].startsWith("Attn"),
      steps = Array.from({ length: layers_per_block }, (_, j) =>
        this.#layer(name, j, size, attends),
      );
    if (!isLast) steps.push(this.#layers.halve(`${name}.downsamplers.0.conv`));
    return (x, time, kept) => {
      for (const step of steps) kept.push((x = step(x, time)));
      return x;
    };
  }

  #middle(size) {
    const first = this.#layer("mid_block", 0, size, this.#config.add_attention),
      second = this.#layer("mid_block", 1, size, false);
    return (x, time) => second(first(x, time), time);
  }

  // A block on the way up.
  #up(i, [h, w], isLast) {
    const { up_block_types, layers_per_block } = this.#config,
      layers = this.#layers,
      name = `up_blocks.${i}`,
      attends = up_block_types[i].startsWith("Attn"),
      steps = Array.from({ length: layers_per_block + 1 }, (_, j) =>
        this.#layer(name, j, [h, w], attends),
      ),
      double = isLast
        ? (x) => x
        : layers.convolve(`${name}.upsamplers.0.conv`, 2 * h, 2 * w, { times: 2 });
    return (x, time, kept) => {
      for (const step of steps) x = step(layers.join(x, kept.pop()), time);
      return double(x);
    };
  }

  // A resnet, and attention behind it.
  #layer(block, j, size, attends) {
    const resnet = this.#resnet(`${block}.resnets.${j}`, size);
    if (!attends) return resnet;
    const attention = this.#attention(`${block}.attentions.${j}`);
    return (x, time) => attention(resnet(x, time));
  }

  #resnet(name, [h, w]) {
    const layers = this.#layers,
      timeOf = layers.linear(`${name}.time_emb_proj`),
      own = layers.bias(`${name}.conv1`),
      one = layers.convolve(`${name}.conv1`, h, w, { norm: `${name}.norm1` }),
      two = layers.convolve(`${name}.conv2`, h, w, { norm: `${name}.norm2` }),
      shortcut = `${name}.conv_shortcut`,
      past = layers.has(shortcut) ? layers.linear(shortcut) : (x) => x;
    return (x, time) => {
      const { at: bias } = timeOf(time, { add: own }); // the time beside the convolution's own bias
      return two(one(x, { bias }), { add: past(x).at });
    };
  }

  #attention(name) {
    const layers = this.#layers,
      normalise = layers.normalise(`${name}.group_norm`),
      projections = ["to_q", "to_k", "to_v"].map((to) => layers.linear(`${name}.${to}`)),
      out = layers.linear(`${name}.to_out.0`);
    return (x) => {
      const seen = normalise(x),
        [q, k, v] = projections.map((project) => project(seen));
      const mixed = layers.attend(q, k, v, this.#config.attention_head_dim ?? x.c);
      return out(mixed, { add: x.at });
    };
  }
}
