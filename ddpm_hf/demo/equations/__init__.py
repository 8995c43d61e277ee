"""The Equations view: the notes, each number linked to its lines of code and to its view."""

from pathlib import Path
from typing import Any

import gradio as gr

from ddpm_hf.demo.equations.cited import cited
from ddpm_hf.demo.equations.words import PAGE
from ddpm_hf.demo.texts import EN, LATEX, ZH, i18n

_HERE = Path(__file__).parent
CSS = _HERE / "notes.css"
"""The looks of the notes, for `launch(css_paths=)`: Markdown takes none of its own."""


def _titles(words: dict[str, str]) -> dict[str, str]:
    """The views of the page → the titles of their tabs."""
    return {key.removesuffix("_tab"): word for key, word in words.items() if key.endswith("_tab")}


class CodePanel(gr.HTML):
    """A dialog with the lines that cite a statement; it answers the links of the notes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            html_template=(_HERE / "equations.html").read_text(),
            css_template=(_HERE / "equations.css").read_text(),
            js_on_load=(_HERE / "equations.js").read_text(),
            places=cited(),
            texts=PAGE,
            titles={"en": _titles(EN), "zh": _titles(ZH)},
            **kwargs,
        )


def view() -> None:
    """Build the view inside the current Blocks."""
    gr.Markdown(i18n("equations_notes"), latex_delimiters=LATEX, elem_id="equations_notes")
    CodePanel(elem_id="equations_code")
