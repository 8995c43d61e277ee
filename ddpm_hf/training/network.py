"""The network and the noise schedule that a run begins with."""

from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DModel

from ddpm_hf.data.images import MODES
from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.loading import load_pipeline, try_network
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.training.batches import BatchShard
from ddpm_hf.training.config import TrainConfig, located
from ddpm_hf.unet import height_width
from ddpm_hf.variance import LEARNED_VARIANCES

NO_UNET = "The config.json of {} makes no UNet2DModel: {}. A pipeline keeps it in its folder unet."


def make_model(config: TrainConfig, channels: int, class_names: list[str]) -> DDPMPipeline:
    """The network for images of `channels` and of these classes, if any, and its scheduler.

    With --class_dropout, the network has one more class, the last, which stands for no class.
    Raises UserError for a resolution that the network can't halve often enough, or a model for
    other images.
    """
    classes = len(class_names) + (config.class_dropout > 0) if class_names else None
    names = dict(enumerate(class_names)) or None
    if config.init_from is not None:
        pipeline = _pretrained(config, channels, classes, class_names)
        return DDPMPipeline(pipeline.unet, pipeline.scheduler, names)
    torch.manual_seed(config.seed)
    outputs = 2 * channels if config.variance_type in LEARNED_VARIANCES else channels
    named = config.model_config_name_or_path is not None
    make_unet = _unet_of_named_config if named else _unet_of_flags
    unet = make_unet(config, channels, outputs, classes)
    _check_resolution(config.resolution, unet)
    pipeline = DDPMPipeline(unet, _scheduler(config), names)
    try_network(config.model_config_name_or_path or "these flags", pipeline)
    return pipeline


def try_named_network(config: TrainConfig) -> None:
    """Raise UserError if the configuration names a network that can't be trained here.

    `make_model` would find out, too, but only when all images have been read.
    """
    name = config.init_from or config.model_config_name_or_path
    if name is None:
        return
    if config.init_from is not None:
        unet = load_pipeline(name, "--init_from").unet
    else:
        unet = _unet_from_config(name, config.resolution)
        _check_resolution(config.resolution, unet)
        try_network(name, DDPMPipeline(unet, _scheduler(config)))
    if unet.config.in_channels not in MODES:
        raise UserError(
            f"{name} is for images of {unet.config.in_channels} channels; training reads images"
            f" of {', '.join(map(str, MODES))} only."
        )


def _scheduler(config: TrainConfig) -> DDPMScheduler:
    scheduler: DDPMScheduler = DDPMScheduler(
        num_train_timesteps=config.ddpm_num_steps,
        beta_schedule=config.ddpm_beta_schedule,
        prediction_type=config.prediction_type,
        variance_type=config.variance_type,
    )
    return scheduler


def _unet_of_flags(
    config: TrainConfig, channels: int, outputs: int, classes: int | None
) -> UNet2DModel:
    attention = [i in config.attention_levels for i in range(len(config.block_out_channels))]
    return UNet2DModel(
        sample_size=config.resolution,
        in_channels=channels,
        out_channels=outputs,
        layers_per_block=config.layers_per_block,
        block_out_channels=config.block_out_channels,
        down_block_types=tuple("AttnDownBlock2D" if a else "DownBlock2D" for a in attention),
        up_block_types=tuple("AttnUpBlock2D" if a else "UpBlock2D" for a in attention[::-1]),
        attention_head_dim=config.attention_head_dim,
        norm_num_groups=config.norm_num_groups,
        num_class_embeds=classes,
    )


def _unet_of_named_config(
    config: TrainConfig, channels: int, outputs: int, classes: int | None
) -> UNet2DModel:
    """The UNet whose configuration --model_config_name_or_path names, if it fits the images."""
    name = str(config.model_config_name_or_path)
    unet = _unet_from_config(name, config.resolution)
    if unet.config.out_channels != outputs:
        raise UserError(
            f"{name} says {unet.config.out_channels} output channels; --variance_type"
            f" {config.variance_type} with images of {channels} needs {outputs}."
        )
    _check_fits(name, unet.config, config.resolution, channels, classes)
    return unet


def _unet_from_config(name: str, resolution: int) -> UNet2DModel:
    try:
        settings = dict(UNet2DModel.load_config(str(located(name))))
    except OSError as error:
        if (Path(name) / "config.json").exists():
            raise UserError(NO_UNET.format(name, first_sentence(error))) from error
        raise UserError(
            f"Can't find a UNet's config.json in {name!r}, neither as a folder nor on the Hub."
        ) from error
    except Exception as error:  # of a file that holds anything
        raise UserError(NO_UNET.format(name, first_sentence(error))) from error
    if "output_dir" in settings:
        raise UserError(f"{name} holds a run's settings, not a UNet's: name its folder unet.")
    try:
        return UNet2DModel.from_config({**settings, "sample_size": resolution})
    except Exception as error:  # of settings of any kind
        raise UserError(NO_UNET.format(name, first_sentence(error))) from error


def _pretrained(
    config: TrainConfig, channels: int, classes: int | None, class_names: list[str]
) -> DDPMPipeline:
    """The pipeline that --init_from names, if it can be trained on such images."""
    name = str(config.init_from)
    pipeline = load_pipeline(name, "--init_from")
    if not isinstance(pipeline.scheduler, DDPMScheduler):
        raise UserError(
            f"--init_from {name!r} samples by {type(pipeline.scheduler).__name__}; only a pipeline"
            " with a DDPMScheduler can be fine-tuned."
        )
    learned = pipeline.unet.config.out_channels == 2 * pipeline.unet.config.in_channels
    kind = pipeline.scheduler.config.variance_type
    if kind == "learned" or learned != (kind == "learned_range"):
        raise UserError(
            f"--init_from {name!r} has the variance_type {kind!r}, which does not fit its network"
            " or can't be trained here; learned_range can."
        )
    _check_fits(name, pipeline.unet.config, config.resolution, channels, classes)
    known = pipeline.class_names
    if known != class_names and set(known) == set(class_names):
        raise UserError(
            f"--init_from {name!r} has the classes {', '.join(known)}, and the data set has"
            f" {', '.join(class_names)}: put its column into the model's order first."
        )
    return pipeline


def _check_resolution(resolution: int, unet: UNet2DModel) -> None:
    """Raise UserError unless images of this resolution can be halved at each level."""
    halvings = len(unet.config.block_out_channels) - 1
    divisor = 2**halvings
    if resolution % divisor:
        below = resolution // divisor * divisor
        raise UserError(
            f"--resolution {resolution} must be a multiple of {divisor}, because the UNet halves"
            f" the image {halvings} times; take"
            f" {' or '.join(str(r) for r in (below, below + divisor) if r)}, or fewer levels."
        )


def _check_fits(name: str, model: Any, resolution: int, channels: int, classes: int | None) -> None:
    """Raise UserError unless a UNet of the config `model` is for such images."""
    if model.out_channels not in (channels, 2 * channels):
        raise UserError(
            f"{name} has {model.out_channels} output channels; images of {channels} need"
            f" {channels}, or {2 * channels} with a learned variance. --channels"
            f" {model.in_channels} reads them as the model needs them."
        )
    if model.in_channels != channels:
        raise UserError(
            f"{name} is for images of {model.in_channels} channels, and the data set's have"
            f" {channels}: --channels {model.in_channels} reads them so."
        )
    height, width = height_width(model.sample_size)
    if height != width:
        raise UserError(
            f"{name} is for images of {height} × {width} pixels; training takes only squares."
        )
    if height != resolution:
        raise UserError(f"{name} is for images of {height} pixels: give --resolution {height}.")
    if model.num_class_embeds != classes:
        raise UserError(
            f"{name} knows {model.num_class_embeds or 'no'} classes, and --class_column gives"
            f" {classes or 'none'}, counting one for no class where there is a --class_dropout."
        )


def compiled(unet: UNet2DModel, shard: BatchShard) -> Any:
    """The network, compiled for a GPU."""
    torch.backends.cudnn.benchmark = True
    # Forward and backward are a CUDA graph each, unless other processes or micro-batches add to the
    # gradients in between.
    alone = shard.processes == shard.accumulation == 1
    return torch.compile(unet, mode="reduce-overhead" if alone else "default")
