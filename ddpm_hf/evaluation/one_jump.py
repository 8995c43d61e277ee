"""One jump from x_t to x̂_0 (N6) against denoising step by step: blurry against sharp."""

from typing import NamedTuple

import torch
from torch import Tensor

from ddpm_hf import equations
from ddpm_hf.distributed import Map, serial_map
from ddpm_hf.noise import image_generators, noise_like
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.timesteps import spaced_timesteps

BATCH = 16


class Reconstructions(NamedTuple):
    """x_t, x̂_0 after one jump, and x_0 after all steps, each (n, channels, height, width)."""

    noisy: Tensor
    jump: Tensor
    steps: Tensor


def reconstruct(
    pipeline: DDPMPipeline,
    x_0: Tensor,
    t: int,
    num_inference_steps: int,
    *,
    labels: Tensor | None = None,
    seed: int = 0,
    backend: str = "auto",
    map_items: Map = serial_map,
) -> Reconstructions:
    """Noise images in [−1, 1] to x_t, then denoise them in one jump and in steps.

    labels: their classes, (n,), for a class-conditional network.
    """
    timesteps = spaced_timesteps(t, min(t, num_inference_steps), "linspace")

    def batch_from(first: int) -> Reconstructions:
        batch = x_0[first : first + BATCH]
        generators = image_generators(seed, range(first, first + len(batch)))
        z = noise_like(batch, generators)
        x_t = equations.q_sample(pipeline.scheduler.schedule, batch, z, t)
        jump: Tensor | None = None
        for step in pipeline.stream(
            len(batch),
            generators,
            timesteps=timesteps,
            latents=x_t,
            class_labels=None if labels is None else labels[first : first + BATCH],
            backend=backend,
        ):
            jump = step.pred_original_sample if jump is None else jump
        assert jump is not None
        return Reconstructions(x_t, jump.cpu(), step.sample.cpu())

    parts = map_items(range(0, len(x_0), BATCH), batch_from, f"Back from t = {t}")
    return Reconstructions(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))
