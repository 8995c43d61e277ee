"""Images and numbers as text, for the page and for callers of the API."""

import base64
import io

import torch
from PIL import Image
from torch import Tensor

from ddpm_hf.data.images import to_uint8


def rgb_bytes(pictures: Tensor) -> bytes:
    """(n, channels, height, width) in [−1, 1] → RGB bytes, as the page's `paint` reads them.

    Grey is repeated; an alpha channel is left out.
    """
    pixels = to_uint8(pictures[:, :3]).permute(0, 2, 3, 1)
    return pixels.expand(*pixels.shape[:3], 3).contiguous().cpu().numpy().tobytes()


def image_url(image: Image.Image, kind: str = "PNG") -> str:
    """The image as a data URL, to the bit. kind: PNG, or WEBP, which is smaller."""
    file = io.BytesIO()
    image.save(file, kind, lossless=True)
    return f"data:image/{kind.lower()};base64," + base64.b64encode(file.getvalue()).decode()


def packed(numbers: Tensor, dtype: torch.dtype = torch.float32) -> str:
    """Any tensor → base64 of its numbers in this type, row by row.

    The page's `floatsOf` reads float32, its `doublesOf` float64.
    """
    return base64.b64encode(numbers.to(dtype).contiguous().numpy().tobytes()).decode()
