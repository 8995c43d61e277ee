"""Negative log-likelihood in bits per dimension, by the variational bound (DDPM eq. 5).

`python -m ddpm_hf.evaluation.likelihood --model cats-32 --dataset_name cats --split test`
prints JSON.
"""

import itertools
import json
import math
import sys
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
import torch
import tyro
from torch import Tensor
from tqdm import tqdm

from ddpm_hf import data, equations, runtime
from ddpm_hf.equations import NoiseSchedule
from ddpm_hf.errors import UserError
from ddpm_hf.pictures import Pictures, form_of
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.pixels import to_unit_range
from ddpm_hf.scheduler import LEARNED_VARIANCES, DDPMScheduler


class Bound(NamedTuple):
    """The bound and its parts, means over the pictures, in bits per dimension.

    total: the sum. prior: L_T, how much of x_0 is left in x_T. transitions: the sum of the
    L_{t−1} for t = 2..T. decoder: L_0. standard_error: of the total, over the pictures.
    """

    total: float
    prior: float
    transitions: float
    decoder: float
    standard_error: float


def model_log_var(scheduler: DDPMScheduler, v: Tensor | None, t: int, like: Tensor) -> Tensor:
    """log σ_t² of the step t → t − 1 as the scheduler takes it; at t = 1 with β̃_2 for β̃_1 = 0."""
    schedule, kind = scheduler.schedule, scheduler.variance_type
    later = max(t, 2)
    small = float(equations.posterior_var(schedule, later - 1, later))
    large = float(schedule.beta(t - 1, t))
    if kind in LEARNED_VARIANCES and v is not None:
        if kind == "learned":
            return v.log()
        return equations.between_on_log_scale(math.log(small), math.log(large), v)
    return torch.full_like(like, math.log(large if "large" in kind else small))


@torch.no_grad()
def step_terms(
    pipeline: DDPMPipeline, denoise: runtime.Denoiser, x_0: Tensor, noise: Tensor, t: int
) -> Tensor:
    """L_{t−1} (t > 1) or L_0 (t = 1) in bits per dimension, one number for each picture."""
    scheduler: DDPMScheduler = pipeline.scheduler
    schedule = scheduler.schedule
    x_t = equations.q_sample(schedule, x_0, noise, t)
    output, v = denoise(x_t, torch.tensor(t - 1)), None
    if output.shape[1] == 2 * x_0.shape[1]:
        output, v = output.chunk(2, dim=1)
    x_0_hat = scheduler.predict_original_sample(output, t - 1, x_t)
    if scheduler.config.clip_sample:
        bound: float = scheduler.config.clip_sample_range
        x_0_hat = x_0_hat.clamp(-bound, bound)
    mean = equations.posterior_mean(schedule, x_t, x_0_hat, t - 1, t)
    log_var = model_log_var(scheduler, v, t, x_0)
    if t == 1:
        nats = equations.decoder_nll(x_0, mean, log_var)
    else:
        true_mean, true_var = equations.posterior(schedule, x_t, x_0, t - 1, t)
        true_log_var = torch.full_like(x_0, float(true_var.log()))
        nats = equations.gaussian_kl(true_mean, true_log_var, mean, log_var)
    return nats.flatten(1).mean(1) / math.log(2)


def prior_term(schedule: NoiseSchedule, x_0: Tensor) -> Tensor:
    """L_T in bits per dimension, one number for each picture."""
    T = schedule.T
    mean = float(schedule.alpha_bar(T).sqrt()) * x_0
    log_var = torch.full_like(x_0, float(schedule.noise_var(T).log()))
    zero = torch.zeros_like(x_0)
    return equations.gaussian_kl(mean, log_var, zero, zero).flatten(1).mean(1) / math.log(2)


def bits_per_dimension(
    pipeline: DDPMPipeline,
    x_0: Tensor,
    *,
    draws: int = 100,
    seed: int = 0,
    batch_size: int = 64,
    backend: str = "auto",
    show_progress: bool = True,
) -> Bound:
    """The bound on −log₂ p(x_0) for pictures in [−1, 1], (n, channels, height, width).

    The sum over t = 2..T is estimated without bias: t is drawn once, anew for each batch, from each
    of at most `draws` parts, which grow with t as the terms fall. `draws` ≥ T takes every t.
    """
    rng, noise_rng = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    T = pipeline.scheduler.schedule.T
    grown = np.geomspace(2, T + 1, draws + 1).round().astype(int)
    edges = np.unique(grown) if draws < T else np.arange(2, T + 2)
    parts: list[Tensor] = []
    batches = [x_0[i : i + batch_size] for i in range(0, len(x_0), batch_size)]
    bar = tqdm(total=len(batches) * len(edges), desc="Bound", disable=not show_progress)
    for batch in batches:
        denoise = runtime.denoiser(pipeline.unet, backend, tuple(batch.shape), batch.device)

        def term(t: int, batch: Tensor = batch, denoise: runtime.Denoiser = denoise) -> Tensor:
            bar.update()
            noise = torch.randn(batch.shape, generator=noise_rng)
            return step_terms(pipeline, denoise, batch, noise, t)

        sums = torch.zeros(len(batch))
        for low, high in itertools.pairwise(edges.tolist()):
            sums += (high - low) * term(int(rng.integers(low, high)))
        prior = prior_term(pipeline.scheduler.schedule, batch)
        parts.append(torch.stack([prior, sums, term(1)]))
    bar.close()
    each = torch.cat(parts, dim=1)
    total = each.sum(0)
    prior, transitions, decoder = each.mean(1).tolist()
    return Bound(
        float(total.mean()), prior, transitions, decoder, float(total.std() / len(total) ** 0.5)
    )


@dataclass(frozen=True)
class Config:
    """Bound a model's negative log-likelihood of a data set, in bits per dimension."""

    model: str = "cats-32"
    """A pipeline's folder, a bundled model, or an id on the Hub."""
    dataset_name: str = "cats"
    """A local folder, `cats`, or the id of a data set on the Hub."""
    split: str = "test"
    """The split whose pictures are taken."""
    num_samples: int = 256
    """How many of its pictures, from the first on."""
    draws: int = 100
    """Timesteps drawn for each picture."""
    seed: int = 0
    """Decides timesteps and noise."""
    backend: str = "auto"
    """How the network runs: auto or eager."""


def report(config: Config) -> dict[str, float]:
    """The bound as a dictionary. Raises UserError for data that does not fit the model."""
    pipeline = DDPMPipeline.from_pretrained(config.model)
    if not isinstance(pipeline.scheduler, DDPMScheduler):
        raise UserError(
            f"{config.model} samples by another scheduler: the bound is of DDPM's steps."
        )
    size, channels = pipeline.unet.config.sample_size, pipeline.unet.config.in_channels
    dataset = data.load_split(config.dataset_name, config.split, resolution=size)
    form = form_of(dataset, size, center_crop=True)
    if form.channels != channels:
        raise UserError(
            f"{config.model} is for pictures of {channels} channels, and the data set's have"
            f" {form.channels}."
        )
    pictures = Pictures(dataset.take(config.num_samples), form)
    x_0 = to_unit_range([example.picture for example in pictures.examples])
    bound = bits_per_dimension(
        pipeline, x_0, draws=config.draws, seed=config.seed, backend=config.backend
    )
    return {"n": len(x_0), **bound._asdict()}


if __name__ == "__main__":
    settings = tyro.cli(Config, use_underscores=True)
    try:
        print(json.dumps({**asdict(settings), **report(settings)}, indent=2))
    except UserError as error:
        sys.exit(f"ddpm_hf.evaluation.likelihood: {error}")
