"""Images: Pillow modes, pixels 0..255 ↔ x_0 in [−1, 1]."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from diffusers import DiffusionPipeline
from torch import Tensor

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's mode for each number of channels."""


def to_unit_range(images: Sequence[Tensor]) -> Tensor:
    """Images of one shape, 0..255 → x_0: a float32 batch in [−1, 1]."""
    return torch.stack(list(images)).float() / 127.5 - 1


def to_uint8(batch: Tensor) -> Tensor:
    """The inverse: [−1, 1], clipped → uint8 of the same shape, rounded."""
    return ((batch.float() / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)


def to_images(x_0: Tensor, output_type: str | None = "pil") -> Any:
    """x_0 in [−1, 1] → images in [0, 1] as "pt" or "np", or as a list of Pillow images."""
    images = (x_0 / 2 + 0.5).clamp(0, 1)
    if output_type == "pt":
        return images
    array = images.cpu().permute(0, 2, 3, 1).float().numpy()
    return DiffusionPipeline.numpy_to_pil(array) if output_type == "pil" else array


def random_square(image: Tensor, side: int, rng: np.random.Generator) -> Tensor:
    """A random square crop; side: the shorter side of the image. A square image stays whole."""
    _, height, width = image.shape
    if height == width:
        return image
    top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
    return image[:, top : top + side, left : left + side]
