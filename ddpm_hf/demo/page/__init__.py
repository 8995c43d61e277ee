"""A piece of the page: a folder's `view.html`, `view.css` and `view.js`, and its words."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from torch import Tensor

from ddpm_hf.data.images import to_uint8

_HERE = Path(__file__).parent

Words = dict[str, dict[str, str]]
"""The words of a page script: {"en": {...}, "zh": {...}}."""


class Page(gr.HTML):
    """A view that lives in the browser.

    Its value is data for its script: any JSON object, which goes to the page as it is.
    """

    def __init__(
        self,
        folder: Path,
        words: Words,
        value: Any = None,
        *,
        scripts: Sequence[Path] = (),
        **kwargs: Any,
    ) -> None:
        """scripts: those that come before the view's own."""

        def joined(*paths: Path) -> str:
            return "".join(path.read_text() for path in paths)

        super().__init__(
            value,
            html_template=(folder / "view.html").read_text(),
            css_template=joined(_HERE / "page.css", folder / "view.css"),
            js_on_load=joined(_HERE / "page.js", *scripts, folder / "view.js"),
            texts=words,
            **kwargs,
        )

    def postprocess(self, value: Any) -> Any:
        """The value itself."""
        return value

    def api_info(self) -> dict[str, Any]:
        """The value is an object."""
        return {"type": "object"}


def rgb_bytes(pictures: Tensor) -> bytes:
    """(n, channels, height, width) in [−1, 1] → RGB bytes, as the page's `paint` reads them.

    Grey is repeated, transparency is left out.
    """
    pixels = to_uint8(pictures[:, :3]).permute(0, 2, 3, 1)
    return pixels.expand(*pixels.shape[:3], 3).contiguous().cpu().numpy().tobytes()


def png_url(content: bytes) -> str:
    """A PNG file's bytes → an address for the page's `img`."""
    return "data:image/png;base64," + base64.b64encode(content).decode()


def packed(numbers: Tensor) -> str:
    """Any tensor → base64 of its float32 numbers, row by row, as the page's `floatsOf` reads it."""
    return base64.b64encode(numbers.float().contiguous().numpy().tobytes()).decode()
