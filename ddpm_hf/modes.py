"""Pillow's modes: how many channels a picture has, and grey of more than 8 bits."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

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
