"""Cats drawn by several models or samplers, and how good they are; and cats never trained on."""

import numpy as np
import torch

from ddpm_hf.data import cats
from ddpm_hf.data.images import to_unit_range
from ddpm_hf.distributed import make_accelerator
from ddpm_hf.evaluation.nearest_cat import CatIndex
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.sampling.files import read_samples
from ddpm_hf.sampling.run import sample


def test_cats(n: int) -> torch.Tensor:
    """Cats of the test split, in [−1, 1]: (n, 3, 32, 32)."""
    chosen = cats.choose("test", 0, 32)[:n]
    pixels = torch.from_numpy(np.stack([cats.compose(cat, 32) for cat in chosen]))
    return to_unit_range(list(pixels.permute(0, 3, 1, 2)))


def cat_figures(configs: list[SampleConfig]) -> list[dict[str, float]]:
    """The figures of each config's samples, which are drawn unless they are in its folder.

    The nearest cats of all are looked for in one pass over all possible cats.
    """
    accelerator = make_accelerator()
    for config in configs:
        sample(config, accelerator)
    drawn = [read_samples(config) for config in configs]
    index = CatIndex()
    nearest = index.nearest(np.concatenate(drawn))
    ends = np.cumsum([len(pixels) for pixels in drawn])[:-1]
    parts = zip(*(np.split(each, ends) for each in nearest), strict=True)
    return [
        {
            "median_rmse": float(np.median(rmse)),
            "p95_rmse": float(np.quantile(rmse, 0.95)),
            "share_within_8": float((rmse <= 8).mean()),
            **index.total_variation(indices),
        }
        for indices, rmse in parts
    ]
