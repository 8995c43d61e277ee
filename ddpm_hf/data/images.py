"""Pictures: Pillow modes, grey of more than 8 bits, pixels 0..255 ↔ the equations' [−1, 1]."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from diffusers import DiffusionPipeline
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ddpm_hf.errors import UserError

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's mode for each number of channels."""
DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L")
"""Pillow's modes for grey that may go beyond 255, where Pillow itself would cut it off."""
GREY_MODES = ("1", "L", *DEEP_MODES)


def channels_of(picture: Image.Image) -> int:
    """1 for grey, 4 where something can be seen through, else 3."""
    if picture.mode in GREY_MODES:
        return 1
    if picture.has_transparency_data and (
        picture.convert("RGBA").getchannel("A").getextrema() != (255, 255)
    ):
        return 4
    return 1 if picture.mode == "LA" else 3


def to_255(picture: Image.Image) -> NDArray[np.float32]:
    """The values of a picture in a deep mode, scaled so that white is 255.

    White is 65535 in pictures of 16 bits, 1 in floats up to 1, and 255 in what has no more.
    Raises UserError for other values.
    """
    values = np.asarray(picture, dtype=np.float32)
    if picture.mode.startswith("I;16") or (picture.mode, picture.format) == ("I", "PPM"):
        return values / np.float32(257)
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= 255):
        raise UserError(
            f"A grey picture has values from {low:g} to {high:g}, which does not tell what is"
            " white: save such pictures with 8 or 16 bits."
        )
    return values * np.float32(255) if picture.mode == "F" and high <= 1 else values


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


def random_square(picture: Tensor, side: int, rng: np.random.Generator) -> Tensor:
    """A square of this side out of a picture, at random where it is not square already."""
    _, height, width = picture.shape
    if height == width:
        return picture
    top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
    return picture[:, top : top + side, left : left + side]
