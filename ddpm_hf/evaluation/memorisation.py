"""How near samples come to the training pictures, beside how near fresh real pictures come."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ddpm_hf.evaluation.distances import nearest

SHOWN = 8


class Copied(NamedTuple):
    """The samples nearest to a training picture, nearest first, and those pictures."""

    samples: Tensor
    training: Tensor


def pixel_rmse(pictures: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """For uint8 pictures (n, …): distance to the nearest seen, in grey levels, and its number."""
    flat = pictures.flatten(1)
    found = nearest(flat, seen.flatten(1))
    return found.distance / flat.shape[1] ** 0.5, found.neighbour


def quantiles(distance: Tensor) -> dict[str, float]:
    """1st percentile and median."""
    low, middle = torch.quantile(distance, torch.tensor([0.01, 0.5], dtype=distance.dtype)).tolist()
    return {"p01": low, "median": middle}


def measure(
    pixels: tuple[Tensor, Tensor, Tensor], features: tuple[Tensor, Tensor, Tensor]
) -> tuple[dict[str, Any], Copied]:
    """From (samples, fresh, seen), as uint8 pictures and as features: figures, and pictures."""
    samples, fresh, seen = pixels
    distance, neighbour = pixel_rmse(samples, seen)
    figures = {
        "n": len(samples),
        "training_pictures": len(seen),
        "pixels": quantiles(distance),
        "pixels_floor": quantiles(pixel_rmse(fresh, seen)[0]),
        "features": quantiles(nearest(features[0], features[2]).distance),
        "features_floor": quantiles(nearest(features[1], features[2]).distance),
    }
    first = distance.argsort()[:SHOWN]
    return figures, Copied(samples[first], seen[neighbour[first]])
