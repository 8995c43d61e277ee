"""The Training view: the loss falls and the pictures appear, moved by one slider (N15, N17)."""

from pathlib import Path
from typing import Any

import gradio as gr

from ddpm_hf.bundled import PRETRAINED, bundled_models
from ddpm_hf.demo.service.limits import one_of
from ddpm_hf.demo.service.models import MODEL
from ddpm_hf.demo.texts import LATEX, i18n
from ddpm_hf.demo.views.training.record import read_course
from ddpm_hf.demo.views.training.strings import PAGE
from ddpm_hf.demo.web.answers import answers
from ddpm_hf.demo.web.modules import call
from ddpm_hf.demo.web.page import Page
from ddpm_hf.scheduler import DDPMScheduler

_HERE = Path(__file__).parent


def record(request: Any, model: str) -> dict[str, Any]:
    """A bundled model's `Course`, and its T. Raises gr.Error for another model."""
    folder = PRETRAINED / one_of("model", model, bundled_models(), request)
    config = DDPMScheduler.load_config(folder, subfolder="scheduler")
    return {**read_course(folder), "T": config["num_train_timesteps"]}


ROUTES = [answers("/training/{model}.json", record)]
"""For the app's `routes`."""


def view() -> None:
    """Build the view inside the current Blocks, for the bundled models."""
    gr.Markdown(i18n("training_intro"), latex_delimiters=LATEX)
    model = gr.Radio(
        bundled_models(), value=MODEL, label=i18n("generate_model"), elem_id="training_model"
    )
    # The loss curve and the sample grids.
    machine = Page(_HERE, PAGE, elem_id="time_machine")
    gr.Markdown(i18n("training_gan"))
    gr.on(
        [machine.expand, model.change],  # the page says so when the view is first shown
        None,
        model,
        machine,
        js=call("views/training/events.js", "recorded"),
        api_visibility="private",
    )
