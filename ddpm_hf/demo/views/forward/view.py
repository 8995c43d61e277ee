"""The Forward view: a picture dissolves into noise (N1–N5).

The page gets x_0, ε and the schedule's tables once and mixes for itself, so that moving the slider
asks nothing of the server.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from torch import Tensor

from ddpm_hf.demo.texts import LATEX, i18n
from ddpm_hf.demo.views.forward.strings import PAGE
from ddpm_hf.demo.views.schedule.inputs import NOTES, half_typed, noise_schedule, schedule_inputs
from ddpm_hf.demo.web.encoding import packed
from ddpm_hf.demo.web.page import Page
from ddpm_hf.demo.web.picture.picture import picture_input, x_0_of
from ddpm_hf.scheduler import MOST_SIGNAL_LEFT
from ddpm_hf.schedules import BY_BETAS, NoiseSchedule

SIDE = 64
"""Pixels along each side: few enough for the page to take thousands of steps."""


def misread_alpha_bar(schedule: NoiseSchedule) -> Tensor:
    """WRONG on purpose: ᾱ_t as the mean of α_1..α_t, as the notes were misread; (T + 1,).

    It lives here, to be looked at, and not among the equations. The right ᾱ_t is a product (N4).
    """
    t = torch.arange(1, schedule.T + 1)
    mean = schedule.alpha(t - 1, t).cumsum(0) / t
    return torch.cat([mean.new_ones(1), mean])


def tables(schedule: NoiseSchedule) -> dict[str, str]:
    """The weights by which the page mixes, each for t = 0..T."""
    t = torch.arange(schedule.T + 1)
    before = (t - 1).clamp(min=0)  # at t = 0 no step is taken: α = 1, β = 0
    misreading = misread_alpha_bar(schedule)
    return {
        "signal": packed(schedule.alpha_bar(t).sqrt()),
        "noise": packed(schedule.noise_var(t).sqrt()),
        "keep": packed(schedule.alpha(before, t).sqrt()),
        "add": packed(schedule.beta(before, t).sqrt()),
        "misreadingSignal": packed(misreading.sqrt()),
        "misreadingNoise": packed((1 - misreading).sqrt()),
    }


def everything(
    picture: dict[str, Any] | None, schedule: Sequence[Any], request: gr.Request | None = None
) -> dict[str, Any]:
    """What the page needs to mix: x_0 and ε as (SIDE, SIDE, 3), and the tables.

    ε is drawn with seed 0, so that the same picture is noised alike at every visit.
    """
    x_0 = x_0_of(picture, SIDE)
    epsilon = torch.randn(x_0.shape, generator=torch.Generator().manual_seed(0))
    table = noise_schedule(schedule, request)
    return {
        "T": table.T,
        "side": SIDE,
        "x0": packed(x_0.permute(0, 2, 3, 1)),
        "epsilon": packed(epsilon.permute(0, 2, 3, 1)),
        "tables": tables(table),
        "mostSignalLeft": MOST_SIGNAL_LEFT,
        "byBetas": schedule[0] in BY_BETAS,
    }


def view() -> None:
    """Build the view inside the current Blocks."""
    gr.Markdown(i18n("forward_intro"), latex_delimiters=LATEX)
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=320):
            page = Page(
                Path(__file__).parent, PAGE, everything(None, NOTES), elem_id="forward-page"
            )
        with gr.Column(scale=1, min_width=280):
            picture, choice = picture_input("forward-picture")
            with gr.Accordion(i18n("forward_schedule"), open=True):
                schedule = schedule_inputs("forward")

    def mix(request: gr.Request, picture: Any, *schedule: Any) -> Any:
        return gr.skip() if half_typed(schedule) else everything(picture, schedule, request)

    mixing: dict[str, Any] = {
        "fn": mix,
        "inputs": [picture, *schedule],
        "outputs": page,
        "preprocess": False,
        "show_progress": "hidden",
        "trigger_mode": "always_last",
        "api_visibility": "private",
    }
    gr.on([picture.input, *(control.change for control in schedule)], **mixing)
    choice.success(**mixing)
