"""Negative log-likelihood in bits per dimension: the variational bound (DDPM eq. 5)."""

import copy
import itertools
import math
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ddpm_hf import equations
from ddpm_hf.backends.denoiser import Denoiser, make_denoiser
from ddpm_hf.distributed import Map, serial_map
from ddpm_hf.noise import image_generators, noise_like
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.schedules import NoiseSchedule
from ddpm_hf.variance import LEARNED_VARIANCES

BATCH = 64


class RateDistortion(NamedTuple):
    """What the bound costs step by step, from t = T down (DDPM section 4.3), over the images.

    t: the mean of those drawn from an interval; the last is 1. rate: bits per dimension of all
    steps t → t − 1 of the interval; the last is L_0. sent: bits per dimension that have told x_t,
    L_T and the steps above t. rmse: of x̂_0 from x_t, in grey levels of 0..255.
    """

    t: list[float]
    rate: list[float]
    sent: list[float]
    rmse: list[float]


class Bound(NamedTuple):
    """The bound and its terms, in bits per dimension, averaged over the images.

    total: the sum. prior: L_T, what is left of x_0 in x_T. transitions: the sum of L_{t−1} over
    t = 2..T. decoder: L_0. standard_error: of the total, over the images.
    """

    total: float
    prior: float
    transitions: float
    decoder: float
    standard_error: float
    rate_distortion: RateDistortion


def model_log_var(scheduler: DDPMScheduler, v: Tensor | None, t: int, like: Tensor) -> Tensor:
    """log σ_t² of the scheduler's step t → t − 1; at t = 1, β̃_2 replaces β̃_1 = 0.

    v: the network's output for a learned variance, else None.
    """
    schedule, kind = scheduler.schedule, scheduler.variance_type
    at_least_2 = max(t, 2)
    small = float(equations.posterior_var(schedule, at_least_2 - 1, at_least_2))
    large = float(schedule.beta(t - 1, t))
    if kind in LEARNED_VARIANCES and v is not None:
        if kind == "learned":
            return v.log()
        return equations.interpolate_log_variance(math.log(small), math.log(large), v)
    return torch.full_like(like, math.log(large if "large" in kind else small))


@torch.no_grad()
def step_terms(
    pipeline: DDPMPipeline, denoise: Denoiser, x_0: Tensor, noise: Tensor, t: int
) -> tuple[Tensor, Tensor]:
    """L_{t−1} (t > 1) or L_0 (t = 1) in bits per dimension, and the mean of (x_0 − x̂_0)².

    Both for each image, (n,), and of the same forward pass.

    The scheduler must be set to all T steps.
    """
    scheduler: DDPMScheduler = pipeline.scheduler
    schedule = scheduler.schedule
    x_t = equations.q_sample(schedule, x_0, noise, t)
    output = denoise(x_t, torch.tensor(t - 1))
    mean, x_0_hat = scheduler.step(output, t - 1, x_t, return_dict=False, noise_scale=0)
    channels = x_0.shape[1]
    v = output[:, channels:] if output.shape[1] == 2 * channels else None
    log_var = model_log_var(scheduler, v, t, x_0)
    if t == 1:
        nats = equations.decoder_nll(x_0, mean, log_var)
    else:
        true_mean, true_var = equations.posterior(schedule, x_t, x_0, t - 1, t)
        true_log_var = torch.full_like(x_0, float(true_var.log()))
        nats = equations.gaussian_kl(true_mean, true_log_var, mean, log_var)
    bits = nats.flatten(1).mean(1) / math.log(2)
    return bits, (x_0 - x_0_hat).square().flatten(1).mean(1)


def prior_term(schedule: NoiseSchedule, x_0: Tensor) -> Tensor:
    """L_T in bits per dimension, for each image: (n,)."""
    T = schedule.T
    mean = float(schedule.alpha_bar(T).sqrt()) * x_0
    log_var = torch.full_like(x_0, float(schedule.noise_var(T).log()))
    zero = torch.zeros_like(x_0)
    return equations.gaussian_kl(mean, log_var, zero, zero).flatten(1).mean(1) / math.log(2)


def _in_float32(unet: Any) -> Any:
    """The network itself, or a copy of one in half precision."""
    is_half = unet.dtype.itemsize < torch.float32.itemsize
    return copy.deepcopy(unet).float() if is_half else unet


def bits_per_dimension(
    pipeline: DDPMPipeline,
    x_0: Tensor,
    *,
    labels: Tensor | None = None,
    draws: int = 100,
    seed: int = 0,
    map_items: Map = serial_map,
) -> Bound:
    """The upper bound of −log₂ p(x_0) for images in [−1, 1], (n, channels, height, width).

    labels: their classes, (n,), for a class-conditional network. The sum over t = 2..T is estimated
    without bias by stratified sampling: for each batch, one t is drawn from each of at most `draws`
    intervals, which are longer for large t, where the terms are small. `draws` ≥ T uses every t.
    The pipeline's scheduler must be our DDPMScheduler, whose steps the bound is about. The network
    runs in float32, whatever samples: bfloat16 alone makes the bound 0.02 bits worse.
    """
    scheduler = copy.deepcopy(pipeline.scheduler)
    scheduler.set_timesteps()  # all T
    pipeline = pipeline.with_scheduler(scheduler)
    schedule, device = pipeline.scheduler.schedule, pipeline.device
    unet = _in_float32(pipeline.unet)
    geometric = np.geomspace(2, schedule.T + 1, draws + 1).round().astype(int)
    edges = np.unique(geometric) if draws < schedule.T else np.arange(2, schedule.T + 2)

    intervals = [(1, 2), *itertools.pairwise(edges.tolist())]

    def terms(first: int) -> Tensor:
        """Of one batch: L_T, and a row each of rate, bits sent, error and t for each interval."""
        batch = x_0[first : first + BATCH].to(device)
        batch_labels = None if labels is None else labels[first : first + BATCH].to(device)
        denoise = make_denoiser(unet, "eager", tuple(batch.shape), device, batch_labels)
        rng = np.random.default_rng([seed, first])
        noise_rng = image_generators(seed, [first])[0]

        def row(low: int, high: int) -> Tensor:
            t = int(rng.integers(low, high))
            noise = noise_like(batch, noise_rng)
            bits, error = step_terms(pipeline, denoise, batch, noise, t)
            above = (high - 1 - t) * bits  # the interval's steps s → s − 1 with s > t
            return torch.stack([(high - low) * bits, above, error, torch.full_like(bits, t)])

        inner = [row(low, high) for low, high in intervals[1:]]
        rows = torch.stack([row(*intervals[0]), *inner])
        prior = prior_term(schedule, batch)
        return torch.cat([prior.expand(1, 4, -1), rows]).cpu()

    return _bound(torch.cat(map_items(range(0, len(x_0), BATCH), terms, "Bound"), dim=-1))


def _bound(by_image: Tensor) -> Bound:
    """From L_T and the rows of all intervals from t = 1 up, by image: (1 + intervals, 4, n)."""
    prior, decoder, *inner = by_image[:, 0]
    by_term = torch.stack([prior, sum(inner, torch.zeros_like(prior)), decoder])
    total, means = by_term.sum(0), by_term.mean(1)
    return Bound(
        total=float(total.mean()),
        prior=float(means[0]),
        transitions=float(means[1]),
        decoder=float(means[2]),
        standard_error=float(total.std() / len(total) ** 0.5),
        rate_distortion=rate_distortion(by_image),
    )


def rate_distortion(by_image: Tensor) -> RateDistortion:
    """The curve, from the same."""
    prior = by_image[0, 0].double().mean()
    rate, above, error, t = by_image[1:].flip(0).double().mean(2).T
    return RateDistortion(
        t=t.tolist(),
        rate=rate.tolist(),
        sent=(prior + rate.cumsum(0) - rate + above).tolist(),
        rmse=(error.sqrt() * 127.5).tolist(),
    )
