"""How close samples come to the training images, beside how close fresh real images come."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ddpm_hf.evaluation.distances import nearest

SHOWN = 8


class NearestPairs(NamedTuple):
    """The samples closest to a training image, closest first, and those training images."""

    samples: Tensor
    training: Tensor


def pixel_rmse(images: Tensor, training: Tensor) -> tuple[Tensor, Tensor]:
    """Of uint8 images (n, …): RMSE to the nearest training image, in grey levels, and its index."""
    flat = images.flatten(1)
    found = nearest(flat, training.flatten(1))
    return found.distance / flat.shape[1] ** 0.5, found.indices


def quantiles(distance: Tensor) -> dict[str, float]:
    """1st percentile and median."""
    low, middle = torch.quantile(distance, torch.tensor([0.01, 0.5], dtype=distance.dtype)).tolist()
    return {"p01": low, "median": middle}


def measure(
    pixels: tuple[Tensor, Tensor, Tensor], features: tuple[Tensor, Tensor, Tensor]
) -> tuple[dict[str, Any], NearestPairs]:
    """The figures, and the samples most likely to be copies.

    pixels: samples, fresh images and training images, uint8. features: of the same.
    """
    samples, fresh, training = pixels
    distance, index = pixel_rmse(samples, training)
    figures = {
        "n": len(samples),
        "training_pictures": len(training),
        "pixels": quantiles(distance),
        "pixels_floor": quantiles(pixel_rmse(fresh, training)[0]),
        "features": quantiles(nearest(features[0], features[2]).distance),
        "features_floor": quantiles(nearest(features[1], features[2]).distance),
    }
    closest = distance.argsort()[:SHOWN]
    return figures, NearestPairs(samples[closest], training[index[closest]])
