"""The loss (N15) at some timesteps t."""

import numpy as np
import torch
from torch import Tensor

from ddpm_hf.backends.denoiser import make_denoiser
from ddpm_hf.distributed import Map, serial_map
from ddpm_hf.equations import evaluate, q_sample, rates
from ddpm_hf.noise import image_generators, noise_like
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.prediction import prediction_of
from ddpm_hf.training.losses import simple_loss

BATCH = 64


def some_timesteps(T: int) -> list[int]:
    """At most twelve timesteps from 1 to T, geometrically spaced."""
    return sorted({int(t) for t in np.geomspace(1, T, 12).round()})


def loss_by_t(
    pipeline: DDPMPipeline,
    x_0: Tensor,
    timesteps: list[int],
    *,
    labels: Tensor | None = None,
    seed: int = 0,
    backend: str = "auto",
    map_items: Map = serial_map,
) -> Tensor:
    """Mean squared error of what the network predicts, by image and t: (n, len(timesteps)).

    x_0: images in [−1, 1]. labels: their classes, (n,), for a class-conditional network. Image i
    has the same noise at every t, a function of (seed, i).
    """
    scheduler, device = pipeline.scheduler, pipeline.device
    schedule = scheduler.schedule
    target = prediction_of(scheduler.config.prediction_type).target

    @torch.no_grad()
    def losses(first: int) -> Tensor:
        batch = x_0[first : first + BATCH].to(device)
        batch_labels = None if labels is None else labels[first : first + BATCH].to(device)
        denoise = make_denoiser(pipeline.unet, backend, tuple(batch.shape), device, batch_labels)
        z = noise_like(batch, image_generators(seed, range(first, first + len(batch))))
        each = []
        for t in timesteps:
            x_t = q_sample(schedule, batch, z, t)
            output = denoise(x_t, torch.tensor(t - 1))[:, : batch.shape[1]]
            truth = evaluate(target, rates(schedule, t), batch, z)
            each.append(simple_loss("l2", output, truth))
        return torch.stack(each, 1).cpu()

    return torch.cat(map_items(range(0, len(x_0), BATCH), losses, "Loss by t"))
