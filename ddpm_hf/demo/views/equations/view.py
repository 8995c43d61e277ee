"""The Equations view: the notes, each number linked to its lines of code and to its view."""

from pathlib import Path

import gradio as gr

from ddpm_hf.demo.texts import EN, LATEX, ZH, i18n
from ddpm_hf.demo.views.equations.cited import cited
from ddpm_hf.demo.views.equations.strings import PAGE
from ddpm_hf.demo.web.page import Page

_HERE = Path(__file__).parent
CSS = _HERE / "notes.css"
"""The style of the notes, for `launch(css_paths=)`: Markdown takes none of its own."""


def _titles(strings: dict[str, str]) -> dict[str, str]:
    """The views of the page → the titles of their tabs."""
    return {key.removesuffix("_tab"): text for key, text in strings.items() if key.endswith("_tab")}


def view() -> None:
    """Build the view inside the current Blocks."""
    gr.Markdown(i18n("equations_notes"), latex_delimiters=LATEX, elem_id="equations_notes")
    # A dialog with the lines that cite a statement; it opens at the links of the notes.
    titles = {"en": _titles(EN), "zh": _titles(ZH)}
    Page(_HERE, PAGE, places=cited(), titles=titles, elem_id="equations_code")
