"""One jump from x_t to x̂_0 (N6) against stepping down from there: blurry against crisp."""

from typing import NamedTuple

import torch
from torch import Tensor

from ddpm_hf import equations
from ddpm_hf.distributed import Map, serial_map
from ddpm_hf.noise import image_generators, noise_like
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.timesteps import spaced_timesteps

BATCH = 16


class Returned(NamedTuple):
    """The way back from x_t, all (n, channels, height, width): x_t, one jump, and all steps."""

    noisy: Tensor
    jump: Tensor
    steps: Tensor


def way_back(
    pipeline: DDPMPipeline,
    x_0: Tensor,
    t: int,
    num_inference_steps: int,
    *,
    labels: Tensor | None = None,
    seed: int = 0,
    backend: str = "auto",
    map_items: Map = serial_map,
) -> Returned:
    """Take pictures in [−1, 1] to x_t, then back at once and by steps."""
    timesteps = spaced_timesteps(t, min(t, num_inference_steps), "linspace")

    def back(first: int) -> Returned:
        batch = x_0[first : first + BATCH]
        given = None if labels is None else labels[first : first + BATCH]
        generators = image_generators(seed, range(first, first + len(batch)))
        z = noise_like(batch, generators)
        x_t = equations.q_sample(pipeline.scheduler.schedule, batch, z, t)
        jump: Tensor | None = None
        for step in pipeline.stream(
            len(batch),
            generators,
            timesteps=timesteps,
            latents=x_t,
            class_labels=given,
            backend=backend,
        ):
            jump = step.pred_original_sample if jump is None else jump
        assert jump is not None
        return Returned(x_t, jump.cpu(), step.sample.cpu())

    parts = map_items(range(0, len(x_0), BATCH), back, f"Back from t = {t}")
    return Returned(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))
