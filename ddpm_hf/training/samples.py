"""Sample grids and denoising strips, drawn by all processes together."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from accelerate import Accelerator
from PIL import Image
from torch import Tensor

from ddpm_hf.data.images import to_images
from ddpm_hf.noise import image_generators
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.training.config import TrainConfig

STRIP_ROWS, STRIP_COLUMNS = 4, 9
"""A strip has a row for each picture, a column for each moment between noise and picture."""
ASK_EVERY = 10
"""Steps of sampling between two questions whether to stop."""


class Samples(NamedTuple):
    """grid: the pictures. strip: the first few on their way, a row each, x_T on the left."""

    grid: Image.Image
    strip: Image.Image


def draw_samples(
    pipeline: DDPMPipeline,
    config: TrainConfig,
    accelerator: Accelerator,
    stopped: Callable[[], bool],
) -> Samples | None:
    """--eval_batch_size pictures, each process its part, and what they make.

    None if `stopped`, asked now and then, told all processes so. Picture i comes from noise of its
    own, a function of (seed, i): the same picture at every step of a run, on any number of
    processes. All processes must call this.
    """
    count, processes = config.eval_batch_size, accelerator.num_processes
    share = -(-count // processes)
    first = accelerator.process_index * share
    generators = image_generators(config.seed, range(first, first + share))
    classes = len(pipeline.class_names)
    labels = [(first + i) % classes for i in range(share)] if classes else None
    steps = pipeline.stream(
        share,
        generators,
        min(config.ddpm_num_inference_steps, pipeline.num_train_timesteps),
        class_labels=labels,
    )
    moments = {round(i * (len(steps) - 1) / (STRIP_COLUMNS - 2)) for i in range(STRIP_COLUMNS - 1)}
    seen: list[Tensor] = []
    pipeline.set_progress_bar_config(
        desc="Sampling", leave=False, disable=not accelerator.is_local_main_process
    )
    with accelerator.autocast(), pipeline.progress_bar(total=len(steps)) as bar:
        for step in steps:
            bar.update()
            if step.index in moments:
                seen.append(step.noisy_sample[:STRIP_ROWS])
            if step.index % ASK_EVERY == 0 and stopped():
                return None
    pictures = accelerator.gather(step.sample.contiguous())[:count]
    rows = max(n for n in range(1, math.isqrt(count) + 1) if count % n == 0)
    return Samples(
        _tiled(pictures, count // rows),
        _tiled(torch.stack([*seen, step.sample[:STRIP_ROWS]], 1).flatten(0, 1), len(seen) + 1),
    )


def _tiled(pictures: Tensor, columns: int) -> Image.Image:
    """Pictures (n, channels, height, width) row by row on one."""
    n, channels, height, width = pictures.shape
    rows = pictures.reshape(n // columns, columns, channels, height, width)
    whole = rows.permute(2, 0, 3, 1, 4).reshape(1, channels, -1, columns * width)
    image: Image.Image = to_images(whole)[0]
    return image


def enlarged(picture: Image.Image, width: int = 512) -> Image.Image:
    """A small picture made at least nearly `width` wide, its pixels kept square."""
    factor = max(1, width // picture.width)
    size = (picture.width * factor, picture.height * factor)
    return picture.resize(size, Image.Resampling.NEAREST)
