// What is known of diffusers' UNet2DModel and its scheduler, by the keys of their configs.
import { UnknownModelError } from "./errors.js";

// Keys of which the reader knows some values alone; the first is diffusers' default.
const KNOWN = {
  act_fn: ["silu", "swish"],
  attn_norm_num_groups: [null],
  center_input_sample: [false],
  class_embed_type: [null],
  downsample_padding: [1],
  downsample_type: ["conv"],
  mid_block_scale_factor: [1],
  mid_block_type: ["UNetMidBlock2D"],
  resnet_time_scale_shift: ["default"],
  time_embedding_type: ["positional"],
  upsample_type: ["conv"],
};
const DOWN = ["DownBlock2D", "AttnDownBlock2D"],
  UP = ["UpBlock2D", "AttnUpBlock2D"];
// Keys that are read, with diffusers' defaults.
const READ = {
  add_attention: true,
  attention_head_dim: 8,
  block_out_channels: [224, 448, 672, 896],
  down_block_types: [DOWN[0], DOWN[1], DOWN[1], DOWN[1]],
  dropout: 0,
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 3,
  layers_per_block: 2,
  norm_eps: 1e-5,
  norm_num_groups: 32,
  num_class_embeds: null,
  num_train_timesteps: null,
  out_channels: 3,
  sample_size: null,
  time_embedding_dim: null,
  up_block_types: [UP[1], UP[1], UP[1], UP[0]],
};

function check(key, value, isKnown) {
  if (!isKnown) throw new UnknownModelError(key, value);
}

function checkShapes(c) {
  const halvings = c.block_out_channels.length - 1;
  for (const kind of c.down_block_types) check("down_block_types", kind, DOWN.includes(kind));
  for (const kind of c.up_block_types) check("up_block_types", kind, UP.includes(kind));
  for (const channels of c.block_out_channels) {
    check("block_out_channels", channels, channels % 8 === 0 && channels <= 1024);
    check("norm_num_groups", c.norm_num_groups, channels % c.norm_num_groups === 0);
    const head = c.attention_head_dim ?? channels;
    const attends = c.add_attention || /Attn/.test([...c.down_block_types, ...c.up_block_types]);
    check("attention_head_dim", head, !attends || (head % 8 === 0 && channels % head === 0));
  }
  check(
    "sample_size",
    c.sample_size,
    c.sample_size?.every((side) => side % 2 ** halvings === 0),
  );
  check("in_channels", c.in_channels, [1, 3, 4].includes(c.in_channels));
  const times = c.out_channels / c.in_channels;
  check("out_channels", c.out_channels, times === 1 || times === 2); // twice: a learned variance
}

// A unet/config.json, with diffusers' defaults for what it leaves out, `sample_size` as [height,
// width]. Throws UnknownModelError, which names the key, for what the reader does not know.
export function readConfig(json) {
  const stated = Object.entries(json).filter(([key]) => !key.startsWith("_"));
  for (const [key, value] of stated) check(key, value, key in READ || KNOWN[key]?.includes(value));
  const config = { ...READ, ...Object.fromEntries(stated) };
  if (config.sample_size !== null) {
    const [height, width = height] = [config.sample_size].flat();
    config.sample_size = [height, width];
  }
  checkShapes(config);
  return config;
}

const PREDICTION_TYPES = ["epsilon", "sample", "v_prediction"];

// What of a scheduler_config.json does not stand in the plan: what the network predicts, and where
// x̂_0 is clipped. Throws UnknownModelError.
export function readScheduler(json) {
  const { prediction_type = "epsilon", thresholding = false, variance_type = "fixed_small" } = json;
  check("prediction_type", prediction_type, PREDICTION_TYPES.includes(prediction_type));
  check("thresholding", thresholding, !thresholding);
  const { clip_sample = true, clip_sample_range = 1 } = json;
  return {
    prediction: prediction_type,
    clip: clip_sample ? clip_sample_range : Infinity,
    variance: variance_type?.startsWith("fixed_large") ? "large" : "small",
  };
}

// What of a model's JSON files a run needs. `classes`: how many can be asked for; `nullClass`: the
// one that stands for none in particular, or null. Throws UnknownModelError.
export function readFacts(index, unet, scheduler) {
  const config = readConfig(unet),
    [height, width] = config.sample_size,
    known = config.num_class_embeds ?? 0,
    classes = Object.keys(index.id2label ?? {}).length || known;
  return {
    config,
    channels: config.in_channels,
    height,
    width,
    classes,
    nullClass: known > classes ? classes : null,
    ...readScheduler(scheduler),
  };
}
