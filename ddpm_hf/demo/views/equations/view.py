"""The Equations view: the notes, linked to their code and to their places on the page."""

from pathlib import Path

import gradio as gr

from ddpm_hf.demo.texts import EN, LATEX, ZH, i18n
from ddpm_hf.demo.views.equations.cited import cited
from ddpm_hf.demo.views.equations.places import PLACES
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
    for part in ("equations_notes", "equations_lines"):
        gr.Markdown(i18n(part), latex_delimiters=LATEX, elem_id=part)
    # A dialog with the lines that cite a statement; it opens at the links of the notes.
    titles = {"en": _titles(EN), "zh": _titles(ZH)}
    Page(_HERE, PAGE, code=cited(), titles=titles, places=PLACES, elem_id="equations_code")
