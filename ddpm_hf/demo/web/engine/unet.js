// diffusers' UNet2DModel, one picture at a time.
import { Layers } from "./layers.js";

const MAX_PERIOD = 10000;

export class UNet {
  #layers;
  #config;
  #norm;

  // run: the exports of the kernels. config: as `readConfig` gives it. tensors: of its safetensors.
  constructor(run, config, tensors) {
    this.#layers = new Layers(run, tensors);
    this.#config = config;
    this.#norm = { groups: config.norm_num_groups, eps: config.norm_eps };
    this.denoise(new Float32Array(this.#size), 0, 0); // names what is missing
  }

  get #size() {
    const [height, width] = this.#config.sample_size;
    return this.#config.in_channels * height * width;
  }

  // x_t, channels first; diffusers' timestep; a class, for a network with classes → the output, like
  // x_t, or with a learned variance behind it.
  denoise(x_t, timestep, label) {
    return this.#layers.within(() =>
      this.#output(this.#body(this.#input(x_t), this.#time(timestep, label))),
    );
  }

  #input(x) {
    const [h, w] = this.#config.sample_size,
      area = h * w,
      channels = this.#config.in_channels,
      last = new Float32Array(4 * area);
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < area; p++) last[4 * p + c] = x[c * area + p];
    return { at: this.#layers.put(last), h, w, c: 4 };
  }

  #output({ at, h, w, c }) {
    const area = h * w,
      channels = this.#config.out_channels,
      last = this.#layers.get(at, area * c),
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
    return { at: this.#layers.put(waves), h: 1, w: 1, c: 2 * half };
  }

  // The embedding of timestep and class, as every resnet takes it.
  #time(timestep, label) {
    const layers = this.#layers,
      hidden = layers.conv("time_embedding.linear_1", this.#waves(timestep)),
      time = layers.conv("time_embedding.linear_2", layers.silu(hidden));
    if (this.#config.num_class_embeds !== null) {
      const of = layers.tensor("class_embedding.weight").data,
        sum = layers.get(time.at, time.c);
      for (let i = 0; i < time.c; i++) sum[i] += of[label * time.c + i];
    }
    return layers.silu(time);
  }

  #body(x, time) {
    const layers = this.#layers,
      { down_block_types, up_block_types, layers_per_block } = this.#config;
    let h = layers.conv("conv_in", layers.frame(x));
    const kept = [h];
    down_block_types.forEach((kind, i) => {
      for (let j = 0; j < layers_per_block; j++)
        kept.push((h = this.#layer(`down_blocks.${i}`, j, h, time, kind.startsWith("Attn"))));
      if (i < down_block_types.length - 1)
        kept.push(
          (h = layers.conv(`down_blocks.${i}.downsamplers.0.conv`, layers.frame(h), { stride: 2 })),
        );
    });
    h = this.#layer("mid_block", 0, h, time, this.#config.add_attention);
    h = this.#layer("mid_block", 1, h, time, false);
    up_block_types.forEach((kind, i) => {
      for (let j = 0; j <= layers_per_block; j++)
        h = this.#layer(
          `up_blocks.${i}`,
          j,
          layers.join(h, kept.pop()),
          time,
          kind.startsWith("Attn"),
        );
      if (i < up_block_types.length - 1)
        h = layers.conv(`up_blocks.${i}.upsamplers.0.conv`, layers.frame(h, 2));
    });
    return layers.conv("conv_out", layers.norm("conv_norm_out", h, this.#norm));
  }

  // A resnet, and attention behind it.
  #layer(block, j, x, time, attends) {
    x = this.#resnet(`${block}.resnets.${j}`, x, time);
    return attends ? this.#attention(`${block}.attentions.${j}`, x) : x;
  }

  #resnet(name, x, time) {
    const layers = this.#layers;
    // The time stands beside the bias of the first convolution.
    const moved = layers.conv(`${name}.time_emb_proj`, time),
      own = layers.bias(`${name}.conv1`, moved.c),
      bias = layers.get(moved.at, moved.c);
    for (let i = 0; i < moved.c; i++) bias[i] += own[i];
    const middle = layers.conv(`${name}.conv1`, layers.norm(`${name}.norm1`, x, this.#norm), {
      bias: moved.at,
    });
    const past = layers.has(`${name}.conv_shortcut`) ? layers.conv(`${name}.conv_shortcut`, x) : x;
    return layers.conv(`${name}.conv2`, layers.norm(`${name}.norm2`, middle, this.#norm), {
      add: past.at,
    });
  }

  #attention(name, x) {
    const layers = this.#layers,
      seen = layers.norm(`${name}.group_norm`, x, { ...this.#norm, isFramed: false }),
      [q, k, v] = ["to_q", "to_k", "to_v"].map((to) => layers.conv(`${name}.${to}`, seen)),
      mixed = layers.attend(q, k, v, this.#config.attention_head_dim ?? x.c);
    return layers.conv(`${name}.to_out.0`, mixed, { add: x.at });
  }
}
