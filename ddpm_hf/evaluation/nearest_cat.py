"""How far generated cats are from real ones: the nearest of all 360,000, found exactly.

`python -m ddpm_hf.evaluation.nearest_cat --model cats-32 --num_samples 512` prints JSON.
"""

import json
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
import tyro
from torch import Tensor
from tqdm import tqdm

from ddpm_hf import cats
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.pixels import to_uint8


@dataclass(frozen=True)
class Config:
    """Sample a model of the cats, and measure each sample's distance to the nearest real cat."""

    model: str = "cats-32"
    """A pipeline's folder, or a bundled model."""
    num_samples: int = 512
    """How many pictures are sampled."""
    num_inference_steps: int = 50
    """Steps of sampling."""
    batch_size: int = 16
    """Pictures sampled at once."""
    seed: int = 0
    """Batch i is sampled with seed + i."""
    backend: str = "auto"
    """How the network runs: auto or eager."""


def sample(config: Config) -> Tensor:
    """uint8 pictures, (n, 3, height, width)."""
    pipe = DDPMPipeline.from_pretrained(config.model)
    pipe.set_progress_bar_config(disable=True)
    batches = []
    for i in tqdm(range(-(-config.num_samples // config.batch_size)), desc="Sampling"):
        images = pipe(
            config.batch_size,
            torch.Generator().manual_seed(config.seed + i),
            config.num_inference_steps,
            output_type="pt",
            return_dict=False,
            backend=config.backend,
        )[0]
        batches.append(to_uint8(images * 2 - 1))
    return torch.cat(batches)[: config.num_samples]


def nearest(pictures: Tensor, block: int = 4000) -> tuple[Tensor, Tensor]:
    """For uint8 pictures (n, 3, R, R): the index of the nearest cat, and its RMSE in grey levels.

    The index is that of `cats.compose_all`, and of `np.ravel_multi_index` over `cats.counts()`.
    """
    x = pictures.permute(0, 2, 3, 1).flatten(1).float()
    best = torch.full((len(x),), torch.inf)
    index = torch.zeros(len(x), dtype=torch.long)
    total = int(np.prod(cats.counts()))
    everyone = cats.compose_all(pictures.shape[-1])
    real = iter(tqdm(everyone, total=total, desc="Comparing", unit="cat"))
    for start in range(0, total, block):
        rows = list(islice(real, block))
        y = torch.from_numpy(np.stack(rows)).flatten(1).float()
        # |x − y|² = |x|² − 2x·y + |y|²; |x|² is the same for every y.
        score, at = (y.square().sum(1) - 2 * x @ y.T).min(1)
        closer = score < best
        best = torch.where(closer, score, best)
        index = torch.where(closer, at + start, index)
    found = np.stack([cats.compose(cat, pictures.shape[-1]) for cat in cats_at(index)])
    return index, (x - torch.from_numpy(found).flatten(1)).square().mean(1).sqrt()


def cats_at(index: Tensor) -> list[cats.Cat]:
    """The cats at these places of `cats.compose_all`."""
    layers = np.unravel_index(index.numpy(), cats.counts())
    return list(zip(*(drawings.tolist() for drawings in layers), strict=True))


def report(config: Config) -> dict[str, float]:
    """Median and 95th percentile of the distance, and the shares within 8 and 12 levels."""
    index, rmse = nearest(sample(config))
    train = set(cats.choose(seed=0)["train"])
    novel = [cat not in train for cat in cats_at(index)]
    return {
        "median_rmse": float(rmse.median()),
        "p95_rmse": float(rmse.quantile(0.95)),
        "share_within_8": float((rmse <= 8).float().mean()),
        "share_within_12": float((rmse <= 12).float().mean()),
        "share_novel": sum(novel) / len(novel),
    }


if __name__ == "__main__":
    settings = tyro.cli(Config)
    print(json.dumps({**vars(settings), **report(settings)}, indent=2))
