"""A piece of the page: a folder's `view.html`, `view.css` and `view.js`, and its words."""

import base64
from pathlib import Path
from typing import Any

import gradio as gr
from torch import Tensor

_HERE = Path(__file__).parent

Words = dict[str, dict[str, str]]
"""The words of a page script: {"en": {...}, "zh": {...}}."""


class Scripted(gr.HTML):
    """HTML whose value is data for its script: any JSON object, which goes to the page as it is."""

    def postprocess(self, value: Any) -> Any:
        """The value itself."""
        return value

    def api_info(self) -> dict[str, Any]:
        """The value is an object."""
        return {"type": "object"}


class Page(Scripted):
    """A view that lives in the browser."""

    def __init__(self, folder: Path, words: Words, value: Any = None, **kwargs: Any) -> None:
        def both(name: str) -> str:
            return (_HERE / f"page.{name}").read_text() + (folder / f"view.{name}").read_text()

        super().__init__(
            value,
            html_template=(folder / "view.html").read_text(),
            css_template=both("css"),
            js_on_load=both("js"),
            texts=words,
            **kwargs,
        )


def packed(numbers: Tensor) -> str:
    """Any tensor → base64 of its float32 numbers, row by row, as the page's `floatsOf` reads it."""
    return base64.b64encode(numbers.float().contiguous().numpy().tobytes()).decode()
