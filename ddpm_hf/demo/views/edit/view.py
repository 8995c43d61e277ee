"""The Edit view: a run that starts from one's own picture, repaints a part, or lies between two."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import gradio as gr

from ddpm_hf.demo.service.limits import MAX_SEED
from ddpm_hf.demo.service.models import MODEL, Models
from ddpm_hf.demo.texts import LATEX, i18n
from ddpm_hf.demo.views.edit.form.form import LEAST_T, MOST_TIMES, Form
from ddpm_hf.demo.views.edit.runs import (
    DRAWN,
    JUMP_LENGTHS,
    WEIGHTS,
    Asked,
    chunks,
)
from ddpm_hf.demo.views.edit.strings import PAGE
from ddpm_hf.demo.views.jump.view import FIRST_CHAIN, JUMPS_WITH
from ddpm_hf.demo.web.engine.plan import MOST_JUMP_STEPS
from ddpm_hf.demo.web.picture.picture import PictureInput, x_0_of
from ddpm_hf.demo.web.row.row import Row, RowChunk
from ddpm_hf.demo.web.run import bounds
from ddpm_hf.demo.web.run.run import connect
from ddpm_hf.editing import repaint_walk
from ddpm_hf.schedules import NoiseSchedule


def _controls(
    side: int, schedule: NoiseSchedule
) -> tuple[gr.Button, gr.Button, list[gr.components.Component]]:
    """Start, stop, and what is edited: a picture, another one, the form."""
    with gr.Row(equal_height=False):
        with gr.Column(min_width=280):
            picture = PictureInput("edit-picture", side)
            other = PictureInput("edit-other", side, "other", 1)
        with gr.Column(min_width=280):
            form = Form("edit-form", side, schedule)
            with gr.Row():
                start = gr.Button(
                    i18n("edit_start"), variant="primary", min_width=180, elem_id="edit-start"
                )
                stop = gr.Button(i18n("edit_stop"), min_width=80, elem_id="edit-stop")
    return start, stop, [picture, other, form]


def _here(models: Models, model: str, T: int) -> dict[str, Any]:
    """What here.js is to know."""
    return {
        "models": models.in_page,
        "model": model,
        "firstChain": FIRST_CHAIN,
        "drawn": DRAWN,
        "weights": WEIGHTS.tolist(),
        "jumpLengths": JUMP_LENGTHS,
        "T": T,
        "bounds": {
            "t": bounds.whole("edit_t", LEAST_T, T),
            "times": bounds.whole("edit_times", 1, MOST_TIMES),
            "seed": bounds.whole("edit_seed", 0, MAX_SEED),
            "other": bounds.whole("edit_other", 0, MAX_SEED),
        },
    }


def view(models: Models) -> None:
    """Build the view inside the current Blocks."""
    model = JUMPS_WITH if JUMPS_WITH in models.in_page else MODEL
    pipeline = models.get(model)
    schedule, side = pipeline.scheduler.schedule, pipeline.unet.config.sample_size

    def edit(
        request: gr.Request, picture: Any, other: Any, form: Any
    ) -> Generator[RowChunk, None, None]:
        """Draw what the form asks for."""
        x_0, other_x_0 = (x_0_of(value, side, request) for value in (picture, other))
        yield from chunks(pipeline, Asked(x_0, other_x_0, form, schedule, request))

    gr.Markdown(i18n("edit_intro"), latex_delimiters=LATEX)
    start, stop, inputs = _controls(side, schedule)
    here = _here(models, model, schedule.T) if models.in_page else None
    row = Row(PAGE, "edit-row", Path(__file__).parent / "view.js", here)
    most = len(repaint_walk(MOST_JUMP_STEPS, JUMP_LENGTHS["ddpm"], MOST_TIMES))
    connect(start, stop, edit, inputs, row, lambda *_: most, api_visibility="private")
