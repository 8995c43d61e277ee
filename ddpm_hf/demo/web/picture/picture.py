"""The input for a picture: an upload, or a cat sampled beforehand."""

from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import torch
from gradio.events import Dependency
from PIL import Image, ImageOps
from torch import Tensor

from ddpm_hf.bundled import PRETRAINED
from ddpm_hf.data.images import to_unit_range
from ddpm_hf.demo.service.limits import whole
from ddpm_hf.demo.service.uploads import read_upload
from ddpm_hf.demo.texts import i18n
from ddpm_hf.demo.web.encoding import image_url
from ddpm_hf.demo.web.page import Page
from ddpm_hf.demo.web.picture.strings import PAGE

_SHEET, _COLUMNS = PRETRAINED / "cats-32" / "samples.png", 4
"""Generated cats of 32 × 32, each drawn four times as large."""


OFFERED = 8
"""The number of cats to choose from."""


@cache
def cats() -> list[Image.Image]:
    """The cats of the bundled model's sheet, 128 × 128."""
    with Image.open(_SHEET) as file:
        sheet = file.convert("RGB")
    side = sheet.width // _COLUMNS
    corners = [(x, y) for y in range(0, sheet.height, side) for x in range(0, sheet.width, side)]
    return [sheet.crop((x, y, x + side, y + side)) for x, y in corners]


def _chosen(event: gr.EventData, request: gr.Request) -> Image.Image:
    return cats()[whole("n", getattr(event, "n", None), 0, OFFERED - 1, request)]


def picture_input(elem_id: str) -> tuple[gr.Image, Dependency]:
    """An upload with cats to choose from below it, the first one chosen, and the choice of a cat.

    A handler of the picture hears of an upload by its `input`, and of a cat by the choice's
    `success`: its `change` comes twice for one upload.
    """
    picture = gr.Image(
        cats()[0],
        type="filepath",
        format="png",  # the default, WebP, would blur the cats' pixels
        sources=["upload", "clipboard"],
        label=i18n("picture_label"),
        height=220,
        buttons=[],
        elem_id=elem_id,
    )

    thumbnails = [image_url(cat) for cat in cats()[:OFFERED]]
    examples = Page(Path(__file__).parent, PAGE, thumbnails, elem_id=f"{elem_id}-cats")
    choice = examples.select(
        _chosen, None, picture, show_progress="hidden", api_visibility="private"
    )
    return picture, choice


def x_0_of(picture: Any, side: int) -> Tensor:
    """What the input holds (or the first cat) as x_0: (1, 3, side, side) in [−1, 1].

    picture: the input's value as it comes to a handler with `preprocess=False`.
    Raises what `read_upload` raises.
    """
    return fitted(read_upload(picture) if picture else cats()[0], side)


def fitted(picture: Image.Image, side: int) -> Tensor:
    """The middle of an RGB picture as x_0: (1, 3, side, side) in [−1, 1]."""
    # The sheet's pixels are repeated; `BOX` gives each of them back as it was.
    method = Image.Resampling.BOX if picture.size == cats()[0].size else Image.Resampling.LANCZOS
    pixels = np.array(ImageOps.fit(picture, (side, side), method))
    return to_unit_range([torch.from_numpy(pixels).permute(2, 0, 1)])
