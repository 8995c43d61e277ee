"""Pixels 0..255 ↔ the range [−1, 1] of the equations."""

from collections.abc import Sequence
from typing import Any

import torch
from diffusers import DiffusionPipeline
from torch import Tensor


def to_unit_range(pictures: Sequence[Tensor]) -> Tensor:
    """Pictures of one shape, 0..255 → float32 batch in [−1, 1], as the equations take x_0."""
    return torch.stack(list(pictures)).float() / 127.5 - 1


def to_uint8(batch: Tensor) -> Tensor:
    """The way back: [−1, 1], values outside cut off, → uint8 of the same shape, rounded."""
    return ((batch.float() / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)


def to_images(x_0: Tensor, output_type: str | None = "pil") -> Any:
    """x_0 in [−1, 1] → images in [0, 1] as "pt" or "np", or as a list of Pillow images."""
    images = (x_0 / 2 + 0.5).clamp(0, 1)
    if output_type == "pt":
        return images
    array = images.cpu().permute(0, 2, 3, 1).float().numpy()
    return DiffusionPipeline.numpy_to_pil(array) if output_type == "pil" else array
