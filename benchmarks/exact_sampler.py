"""Samplers without a network's errors: how evenly do few steps spread the cats?

`python benchmarks/exact_sampler.py --json exact.json`. The 3,600 mean cats (body × eyes ×
accessory, over fur, of one mouth) are a distribution whose score is known exactly, so what is
uneven in the samples comes of the steps alone. It is their excess, K·Σ(p − 1/K)² − (K − 1)/n: 0
on average for n draws from the K equal shares.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import tyro
from torch import Tensor

from ddpm_hf import DDPMScheduler
from ddpm_hf.data import cats
from ddpm_hf.evaluation.nearest_cat import all_cats

MOUTH, DIMENSIONS, BLOCK = 3, 64, 1000
SAMPLERS = {
    "DDPM": {},
    "order 2": {"solver_order": 2},
    "order 2, η = 0.7": {"solver_order": 2, "eta": 0.7},
    "order 2, η = 0.5": {"solver_order": 2, "eta": 0.5},
    "order 2, η = 0.3": {"solver_order": 2, "eta": 0.3},
    "order 2, η = 0": {"solver_order": 2, "eta": 0.0},
}


@dataclass(frozen=True)
class Config:
    """Sample from mean cats by their exact score, with each spacing and sampler."""

    json: str
    """The file for the results."""
    n: int = 6000
    """How many samples of each."""
    steps: int = 12
    """How many steps."""
    seed: int = 0
    """Of all noise."""


def mean_cats() -> Tensor:
    """(bodies, eyes, accessories, DIMENSIONS): the cats' principal components."""
    pixels = all_cats(32).reshape(*cats.counts(), -1)[:, :, :, MOUTH]
    flat = torch.from_numpy(pixels.mean(1, dtype=np.float32)).flatten(0, 2) / 127.5 - 1
    centre = flat.mean(0)
    _, _, axes = torch.pca_lowrank(flat - centre, DIMENSIONS)
    bodies, _, eyes, _, accessories = cats.counts()
    return (flat @ axes).unflatten(0, (bodies, eyes, accessories))


def expected(x_t: Tensor, rates: tuple[Tensor, Tensor], points: Tensor) -> Tensor:
    """x̂_0, the mean of the points, each weighed by how well it explains x_t."""
    signal, noise = rates
    fit = signal * (x_t @ points.T) - signal**2 * (points**2).sum(1) / 2
    return torch.softmax(fit / noise**2, 1) @ points


def samples(config: Config, spacing: str, points: Tensor, how: dict[str, float]) -> Tensor:
    """Which of the points each of n samples comes to."""
    scheduler = DDPMScheduler(timestep_spacing=spacing, prediction_type="sample", clip_sample=False)
    scheduler.set_timesteps(config.steps)
    generator = torch.Generator().manual_seed(config.seed)
    x = torch.randn(config.n, points.shape[1], 1, 1, generator=generator)
    for timestep in scheduler.timesteps.tolist():
        rates = scheduler._plan.at(timestep, torch.float32).rates
        x_0 = torch.cat([expected(part, rates, points) for part in x[..., 0, 0].split(BLOCK)])
        output = x_0[..., None, None]
        x = scheduler.step(output, timestep, x, generator, **how).prev_sample
    return (x[..., 0, 0] @ points.T - (points**2).sum(1) / 2).argmax(1)


def unevenness(found: Tensor, shape: tuple[int, ...]) -> dict[str, float]:
    """The excess of each attribute."""
    result = {}
    each = np.unravel_index(found.numpy(), shape)
    for name, kinds, K in zip(("body", "eyes", "accessory"), each, shape, strict=True):
        p, n = np.bincount(kinds, minlength=K) / len(kinds), len(kinds)
        result[name] = float(K * ((p - 1 / K) ** 2).sum() - (K - 1) / n)
    return result


def main(config: Config) -> None:
    """Write the table; each row as it is measured."""
    points, rows = mean_cats(), []
    for spacing in ("trailing", "quadratic", "visible"):
        for name, how in SAMPLERS.items():
            found = samples(config, spacing, points.flatten(0, 2), how)
            rows.append({"spacing": spacing, "sampler": name} | unevenness(found, points.shape[:3]))
            print(rows[-1], flush=True)
            Path(config.json).write_text(json.dumps({**vars(config), "rows": rows}, indent=2))


if __name__ == "__main__":
    main(tyro.cli(Config))
