"""The Bayes view: q(x_{t−1}|x_t,x_0), worked out line by line, moved and checked (N7–N10).

The page has Python's ln ᾱ_t and works out the rest, so that nothing is asked of the server.
"""

from pathlib import Path

import gradio as gr
import torch

from ddpm_hf.demo.texts import LATEX, i18n
from ddpm_hf.demo.views.bayes.derivation.strings import PAGE as DERIVATION
from ddpm_hf.demo.views.bayes.strings import PAGE
from ddpm_hf.demo.views.schedule.inputs import NOTES, noise_schedule
from ddpm_hf.demo.web.encoding import packed
from ddpm_hf.demo.web.page import Page

_HERE = Path(__file__).parent


def view() -> None:
    """Build the view inside the current Blocks."""
    schedule = noise_schedule(NOTES)
    table = {"logAlphaBar": packed(schedule.log_alpha_bar, torch.float64)}
    gr.Markdown(i18n("bayes_intro"), latex_delimiters=LATEX)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=400):
            Page(_HERE, PAGE, table, T=schedule.T, elem_id="bayes-page", is_later=True)
        with gr.Column(scale=2, min_width=400):
            Page(_HERE / "derivation", DERIVATION, elem_id="bayes-lines")
            gr.Markdown(
                i18n("bayes_derivation"), latex_delimiters=LATEX, elem_id="bayes_derivation"
            )
