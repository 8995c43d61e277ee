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
from ddpm_hf.demo.web.page import Page
from ddpm_hf.scheduler import DDPMScheduler

_HERE = Path(__file__).parent


def view() -> None:
    """Build the view inside the current Blocks, for the bundled models."""

    def course(model: Any, request: gr.Request) -> dict[str, Any]:
        """A `Course`, and the model's T."""
        folder = PRETRAINED / one_of("model", model, bundled_models(), request)
        config = DDPMScheduler.load_config(folder, subfolder="scheduler")
        return {**read_course(folder), "T": config["num_train_timesteps"]}

    gr.Markdown(i18n("training_intro"), latex_delimiters=LATEX)
    model = gr.Radio(
        bundled_models(), value=MODEL, label=i18n("generate_model"), elem_id="training_model"
    )
    # The loss curve and the sample grids.
    machine = Page(_HERE, PAGE, elem_id="time_machine")
    gr.Markdown(i18n("training_gan"))
    gr.on(
        [machine.expand, model.change],  # the page says so when the view is first shown
        course,
        model,
        machine,
        preprocess=False,
        show_progress="hidden",
        trigger_mode="always_last",  # else a choice made before the last answer is lost
        api_visibility="private",
    )
