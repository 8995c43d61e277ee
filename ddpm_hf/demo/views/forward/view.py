"""The Forward view: a picture dissolves into noise (N1–N5).

The page has x_0, ε and the schedule's tables and mixes for itself, so that moving the slider asks
nothing of the server.
"""

from pathlib import Path

import gradio as gr

from ddpm_hf.demo.texts import LATEX, i18n
from ddpm_hf.demo.views.forward.strings import PAGE
from ddpm_hf.demo.views.schedule.inputs import LIMITS, NOTES, name_of, schedule_inputs
from ddpm_hf.demo.views.schedule.numbers import numbers
from ddpm_hf.demo.web.modules import call
from ddpm_hf.demo.web.page import Page
from ddpm_hf.demo.web.picture.picture import PictureInput, first
from ddpm_hf.scheduler import MOST_SIGNAL_LEFT

SIDE = 64
"""Pixels along each side: few enough for the page to take thousands of steps."""


def view() -> None:
    """Build the view inside the current Blocks."""
    gr.Markdown(i18n("forward_intro"), latex_delimiters=LATEX)
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=320):
            page = Page(
                Path(__file__).parent,
                PAGE,
                {"picture": first(SIDE), **numbers(None, name_of(NOTES), "weights")},
                side=SIDE,
                mostSignalLeft=MOST_SIGNAL_LEFT,
                elem_id="forward-page",
                is_later=True,
            )
        with gr.Column(scale=1, min_width=280):
            picture = PictureInput("forward-picture", SIDE)
            with gr.Accordion(i18n("forward_schedule"), open=True):
                schedule = schedule_inputs("forward")
    gr.on(
        [picture.input, *(control.change for control in schedule)],
        None,
        [picture, *schedule],
        page,
        js=call("views/forward/events.js", "mixed", LIMITS),
        api_visibility="private",
    )
