"""Images and numbers as text, for the page and for callers of the API."""

import base64
import io
from collections.abc import Sequence

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


def sheet(frames: Sequence[Tensor]) -> str:
    """Frames below each other, each a row of its pictures, as base64 of one PNG file.

    frames: (n, channels, height, width) each, all of one shape, in [−1, 1]. Grey stays one channel;
    an alpha channel is left out. The page's `pixelsOf` reads it.
    """
    rows = to_uint8(torch.stack(list(frames))[:, :, :3]).permute(0, 3, 1, 4, 2)
    count, height, pictures, width, channels = rows.shape
    size = (count * height, pictures * width, channels)
    pixels = rows.reshape(size).squeeze(2).cpu().numpy()
    return base64.b64encode(_file(Image.fromarray(pixels), "PNG", compress_level=1)).decode()


def _file(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(image: Image.Image) -> bytes:
    """The image as a PNG file."""
    return _file(image, "PNG", optimize=True)


def image_url(image: Image.Image) -> str:
    """The image as a data URL of lossless WebP."""
    return (
        "data:image/webp;base64," + base64.b64encode(_file(image, "WEBP", lossless=True)).decode()
    )


def packed(numbers: Tensor, dtype: torch.dtype = torch.float32) -> str:
    """Any tensor → base64 of its numbers in this type, row by row.

    The page's `floatsOf` reads float32, its `doublesOf` float64.
    """
    return base64.b64encode(numbers.to(dtype).contiguous().numpy().tobytes()).decode()
