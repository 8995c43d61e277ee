"""Images: Pillow modes, grey of more than 8 bits, pixels 0..255 ↔ x_0 in [−1, 1]."""

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
"""Pillow's modes for grey values beyond 255, which Pillow would clip when it converts them."""
GREY_MODES = ("1", "L", *DEEP_MODES)


def channels_of(image: Image.Image) -> int:
    """1 for grey, 4 if any pixel is transparent, else 3."""
    if image.mode in GREY_MODES:
        return 1
    if image.has_transparency_data and (
        image.convert("RGBA").getchannel("A").getextrema() != (255, 255)
    ):
        return 4
    return 1 if image.mode == "LA" else 3


def to_255(image: Image.Image) -> NDArray[np.float32]:
    """The values of an image in a deep mode, scaled so that white is 255.

    White is 65535 for 16 bits, 1 for floats up to 1, and 255 for other values up to 255. Raises
    UserError for values outside.
    """
    values = np.asarray(image, dtype=np.float32)
    if image.mode.startswith("I;16") or (image.mode, image.format) == ("I", "PPM"):
        return values / np.float32(257)
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= 255):
        raise UserError(
            f"A grey picture has values from {low:g} to {high:g}, which does not tell what is"
            " white: save such pictures with 8 or 16 bits."
        )
    return values * np.float32(255) if image.mode == "F" and high <= 1 else values


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
