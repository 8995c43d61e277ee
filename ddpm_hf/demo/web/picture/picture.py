"""The input for a picture: one of the visitor's own, or a cat sampled beforehand.

The page decodes and fits it by itself. Nothing is uploaded: a run on the server gets the few
pixels that it starts from.
"""

import base64
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import torch
from PIL import Image, ImageOps
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor

from ddpm_hf.bundled import PRETRAINED
from ddpm_hf.data.images import to_unit_range
from ddpm_hf.demo.service.limits import refusal
from ddpm_hf.demo.web.answers import KEPT_SECONDS
from ddpm_hf.demo.web.encoding import png, rgb_bytes
from ddpm_hf.demo.web.page import Page
from ddpm_hf.demo.web.picture.strings import PAGE

_SHEET, _COLUMNS = PRETRAINED / "cats-32" / "samples.png", 4
"""Generated cats of 32 × 32, each drawn four times as large."""
_SIDE = 32

OFFERED = 8
"""The number of cats to choose from."""


@cache
def cats() -> list[Image.Image]:
    """The cats of the bundled model's sheet, 32 × 32, as they were generated."""
    with Image.open(_SHEET) as file:
        sheet = file.convert("RGB")
    side = sheet.width // _COLUMNS
    corners = [(x, y) for y in range(0, sheet.height, side) for x in range(0, sheet.width, side)]
    drawn = (sheet.crop((x, y, x + side, y + side)) for x, y in corners)
    return [cat.resize((_SIDE, _SIDE), Image.Resampling.NEAREST) for cat in drawn]


@cache
def cat_files() -> dict[str, bytes]:
    """The cats on offer as PNG files, by their addresses below the page."""
    return {f"cats/{n}.png": png(cat) for n, cat in enumerate(cats()[:OFFERED], start=1)}


async def _serve(request: Request) -> Response:
    if (path := f"cats/{request.path_params['name']}") not in cat_files():
        raise HTTPException(404)
    kept = {"cache-control": f"public, max-age={KEPT_SECONDS}"}
    return Response(cat_files()[path], media_type="image/png", headers=kept)


ROUTE = Route("/cats/{name}", _serve)
"""For the app's `routes`."""


def first(side: int, cat: int = 0) -> str:
    """The value of a `PictureInput` at first: a cat, by its number."""
    return base64.b64encode(rgb_bytes(fitted(cats()[cat], side))).decode()


class PictureInput(Page):
    """A picture of one's own with cats to choose from below it, one of them chosen.

    Its value is base64 of RGB bytes, `side` × `side`, row by row; each choice is an `input` event.
    """

    def __init__(self, elem_id: str, side: int, label: str = "picture", cat: int = 0) -> None:
        """label: of `PAGE`, what stands above it. cat: the number of the one that is chosen."""
        here = Path(__file__).parent
        strings = {language: {**texts, "picture": texts[label]} for language, texts in PAGE.items()}
        super().__init__(
            here, strings, first(side, cat), side=side, cats=list(cat_files()), elem_id=elem_id
        )

    def api_info(self) -> dict[str, Any]:
        """The value is a string."""
        return {"type": "string"}


def x_0_of(value: Any, side: int, request: gr.Request | None = None) -> Tensor:
    """A `PictureInput`'s value (or the first cat) as x_0: (1, 3, side, side) in [−1, 1].

    Raises gr.Error for anything else.
    """
    if value is None:
        return fitted(cats()[0], side)
    try:
        pixels = np.frombuffer(base64.b64decode(value, validate=True), np.uint8)
        rows = torch.from_numpy(pixels.reshape(side, side, 3).copy())
    except (TypeError, ValueError):
        raise refusal(request, "limits_file_unreadable") from None
    return to_unit_range([rows.permute(2, 0, 1)])


def fitted(picture: Image.Image, side: int) -> Tensor:
    """The middle of an RGB picture as x_0: (1, 3, side, side) in [−1, 1].

    The page's `fitted` gives the same pixels, within one grey level.
    """
    # `BOX` repeats a cat's pixels, or takes their means.
    method = Image.Resampling.BOX if picture.size == cats()[0].size else Image.Resampling.LANCZOS
    pixels = np.array(ImageOps.fit(picture, (side, side), method))
    return to_unit_range([torch.from_numpy(pixels).permute(2, 0, 1)])
