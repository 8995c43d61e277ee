"""The Training view: Algorithms 1 and 2 by hand, a training replayed, one in the page (N15–N17)."""

from pathlib import Path
from typing import Any

import gradio as gr

from ddpm_hf.bundled import PRETRAINED, bundled_models
from ddpm_hf.demo.service.limits import one_of
from ddpm_hf.demo.service.models import MODEL
from ddpm_hf.demo.texts import LATEX, i18n
from ddpm_hf.demo.views.noise.playground.playground import tables
from ddpm_hf.demo.views.schedule.inputs import NOTES, name_of
from ddpm_hf.demo.views.training.hand.strings import PAGE as HAND
from ddpm_hf.demo.views.training.record import read_course
from ddpm_hf.demo.views.training.strings import PAGE
from ddpm_hf.demo.views.training.tiny.strings import PAGE as TINY
from ddpm_hf.demo.web.answers import answers
from ddpm_hf.demo.web.modules import call
from ddpm_hf.demo.web.page import Page
from ddpm_hf.demo.web.picture.picture import cat_files
from ddpm_hf.scheduler import DDPMScheduler

_HERE = Path(__file__).parent
CATS = 4
"""To choose x_0 from."""
HAND_STEPS = (25, 10, 50, 100)
"""Of sampling by hand, the first at first."""
TINY_STRIDE = 40
"""Of the notes' steps, how many are one of the tiny network's."""


def record(request: Any, model: str) -> dict[str, Any]:
    """A bundled model's `Course`, and its T. Raises gr.Error for another model."""
    folder = PRETRAINED / one_of("model", model, bundled_models(), request)
    config = DDPMScheduler.load_config(folder, subfolder="scheduler")
    return {**read_course(folder), "T": config["num_train_timesteps"]}


ROUTES = [answers("/training/{model}.json", record)]
"""For the app's `routes`."""


def view() -> None:
    """Build the view inside the current Blocks, for the bundled models."""
    gr.Markdown(i18n("training_hand"), latex_delimiters=LATEX)
    Page(
        _HERE / "hand",
        HAND,
        elem_id="by_hand",
        model=MODEL,
        schedule=name_of(NOTES),
        cats=list(cat_files())[:CATS],
        choices=HAND_STEPS,
    )
    gr.Markdown(i18n("training_intro"), latex_delimiters=LATEX)
    model = gr.Radio(
        bundled_models(), value=MODEL, label=i18n("generate_model"), elem_id="training_model"
    )
    # The loss curve and the sample grids.
    replay = Page(_HERE, PAGE, elem_id="training_replay")
    gr.Markdown(i18n("training_gan"))
    Page(_HERE / "tiny", TINY, {"tables": tables(TINY_STRIDE)}, elem_id="tiny", is_later=True)
    gr.on(
        [replay.expand, model.change],  # the page says so when the view is first shown
        None,
        model,
        replay,
        js=call("views/training/events.js", "recorded"),
        api_visibility="private",
    )
