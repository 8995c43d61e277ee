"""The Training view: the loss falls and the cats appear, moved by one slider (N15, N17)."""

from pathlib import Path
from typing import Any

import gradio as gr

from ddpm_hf.demo.page import Scripted
from ddpm_hf.demo.texts import LATEX, i18n
from ddpm_hf.demo.training.record import read_course
from ddpm_hf.demo.training.words import PAGE

_HERE = Path(__file__).parent


class TimeMachine(Scripted):
    """The loss curve and the sample grids. Its value is a `Course`, asked for when first shown."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            html_template=(_HERE / "training.html").read_text(),
            css_template=(_HERE / "training.css").read_text(),
            js_on_load=(_HERE / "chart.js").read_text() + (_HERE / "training.js").read_text(),
            texts=PAGE,
            **kwargs,
        )


def view(folder: Path) -> None:
    """Build the view inside the current Blocks, for the model in this folder."""
    gr.Markdown(i18n("training_intro"), latex_delimiters=LATEX)
    machine = TimeMachine(elem_id="time_machine")
    gr.Markdown(i18n("training_gan"))
    machine.expand(  # the page says so when the view is first shown
        lambda: read_course(folder), None, machine, show_progress="hidden", api_visibility="private"
    )
