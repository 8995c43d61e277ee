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
"""A denoising strip: a row for each image, a column for some of the steps from x_T to x_0."""
STOP_CHECK_STEPS = 10
"""Sampling steps between two checks whether to stop."""


class Samples(NamedTuple):
    """grid: all samples. strip: the first few as they are denoised, a row each, x_T on the left."""

    grid: Image.Image
    strip: Image.Image


def draw_samples(
    pipeline: DDPMPipeline,
    config: TrainConfig,
    accelerator: Accelerator,
    stopped: Callable[[], bool],
) -> Samples | None:
    """--eval_batch_size samples, divided over the processes, on a grid and a strip.

    None if `stopped`, which is called now and then, returns True; it must do so on all processes.
    Image i depends on (seed, i) and the weights alone: it starts from the same noise at every step
    of a run, on any number of processes. All processes must call this.
    """
    count = config.eval_batch_size
    per_process = -(-count // accelerator.num_processes)
    first = accelerator.process_index * per_process
    numbers = range(first, first + per_process)
    classes = len(pipeline.class_names)
    steps = pipeline.stream(
        per_process,
        image_generators(config.seed, numbers),
        min(config.ddpm_num_inference_steps, pipeline.num_train_timesteps),
        class_labels=[i % classes for i in numbers] if classes else None,
    )
    shown = {round(i * (len(steps) - 1) / (STRIP_COLUMNS - 2)) for i in range(STRIP_COLUMNS - 1)}
    columns: list[Tensor] = []
    is_local_main = accelerator.is_local_main_process
    pipeline.set_progress_bar_config(desc="Sampling", leave=False, disable=not is_local_main)
    with accelerator.autocast(), pipeline.progress_bar(total=len(steps)) as bar:
        for step in steps:
            bar.update()
            if step.index in shown:
                columns.append(step.noisy_sample[:STRIP_ROWS])
            if step.index % STOP_CHECK_STEPS == 0 and stopped():
                return None
    columns.append(step.sample[:STRIP_ROWS])
    images = accelerator.gather(step.sample.contiguous())[:count]
    rows = max(n for n in range(1, math.isqrt(count) + 1) if count % n == 0)
    strip = torch.stack(columns, 1).flatten(0, 1)
    return Samples(_tiled(images, count // rows), _tiled(strip, len(columns)))


def _tiled(images: Tensor, columns: int) -> Image.Image:
    """Images (n, channels, height, width) in [−1, 1], row by row on one; n divides by columns."""
    n, channels, height, width = images.shape
    rows = images.reshape(n // columns, columns, channels, height, width)
    whole = rows.permute(2, 0, 3, 1, 4).reshape(1, channels, -1, columns * width)
    image: Image.Image = to_images(whole)[0]
    return image


def enlarged(image: Image.Image, width: int = 512) -> Image.Image:
    """The image with each pixel enlarged to a square, as wide as fits into `width`."""
    factor = max(1, width // image.width)
    size = (image.width * factor, image.height * factor)
    return image.resize(size, Image.Resampling.NEAREST)
