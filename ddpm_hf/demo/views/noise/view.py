"""The Fresh noise view: four runs from one x_T, and a playground (N12, N13)."""

from collections.abc import Generator, Iterator
from typing import Any

import gradio as gr
import torch

from ddpm_hf.demo.service.limits import MAX_SEED, in_time, whole
from ddpm_hf.demo.texts import LATEX, i18n, spoken
from ddpm_hf.demo.views.noise.playground.playground import playground
from ddpm_hf.demo.views.noise.strings import PAGE
from ddpm_hf.demo.web.modules import call
from ddpm_hf.demo.web.row.row import Frame, Note, Row, RowChunk, row_chunks
from ddpm_hf.demo.web.run.run import connect
from ddpm_hf.evaluation.sharpness import sharpness
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.stream import DenoisingStream

FEWEST_STEPS, MOST_STEPS = 10, 500
RUNS = (
    ("none", "fixed_small", 0.0),
    ("small", "fixed_small", 1.0),
    ("large", "fixed_large", 1.0),
    ("double", "fixed_large", 2**0.5),
)
"""Caption, variance type, noise scale (multiplies σ)."""


def streams(pipeline: DDPMPipeline, seed: int, steps: int) -> list[DenoisingStream]:
    """One for each of `RUNS`: the same x_T and the same z at each step, only σ differs."""
    config = pipeline.scheduler.config
    made = []
    for _, variance_type, noise_scale in RUNS:
        scheduler = DDPMScheduler.from_config(config, variance_type=variance_type)
        run = pipeline.with_scheduler(scheduler).stream(
            1,
            torch.Generator().manual_seed(seed),
            steps,
            noise_scale=noise_scale,
            backend="auto",
        )
        made.append(in_time(run))
    return made


def frames(running: list[DenoisingStream]) -> Iterator[Frame]:
    """x_T, then what each run has made of it after each step."""
    nothing: list[Note] = [{}] * len(running)
    for steps in zip(*running, strict=True):
        if steps[0].index == 0:
            x_T = torch.cat([step.noisy_sample for step in steps])
            yield Frame(steps[0].timestep + 1, x_T, nothing)
        is_last = steps[0].index == len(running[0]) - 1
        t = 0 if is_last else steps[0].timestep
        pictures = torch.cat([step.sample for step in steps])
        # `sharpness` is four times the distance to the neighbours' mean; here in grey levels.
        grain = [round(g / 4 * 127.5, 1) for g in sharpness(pictures).tolist()]
        notes = [{"key": "grain", "grain": g} for g in grain] if is_last else nothing
        yield Frame(t, pictures, notes)


def _all_steps(_request: Any, _seed: Any, steps: Any) -> Any:
    """How many steps of the network a comparison takes, whatever was typed for their number."""
    return len(RUNS) * steps if isinstance(steps, int | float) else 0


def view(pipeline: DDPMPipeline) -> None:
    """Build the view inside the current Blocks."""

    def compare(request: gr.Request, seed: Any, steps: Any) -> Generator[RowChunk, None, None]:
        """Four runs side by side."""
        seed = whole(spoken(request, "noise_seed"), seed, 0, MAX_SEED, request)
        steps = whole(spoken(request, "noise_steps"), steps, FEWEST_STEPS, MOST_STEPS, request)
        captions: list[Note] = [{"key": name} for name, _, _ in RUNS]
        way = frames(streams(pipeline, seed, steps))
        yield from row_chunks(way, steps + 1, captions, lambda _: {"key": "verdict"})

    gr.Markdown(i18n("noise_intro"), latex_delimiters=LATEX)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=280):
            seed = gr.Number(0, label=i18n("noise_seed"), precision=0, elem_id="noise-seed")
            dice = gr.Button(i18n("noise_dice"), size="sm")
            steps = gr.Slider(
                FEWEST_STEPS,
                MOST_STEPS,
                100,
                step=1,
                label=i18n("noise_steps"),
                elem_id="noise-steps",
            )
            with gr.Row():
                start = gr.Button(
                    i18n("noise_start"), variant="primary", min_width=160, elem_id="noise-start"
                )
                stop = gr.Button(i18n("noise_stop"), min_width=80, elem_id="noise-stop")
        with gr.Column(scale=3, min_width=320):
            row = Row(PAGE, "noise-row")
    gr.Markdown(i18n("noise_playground"), latex_delimiters=LATEX)
    playground()
    connect(start, stop, compare, [seed, steps], row, _all_steps, api_visibility="private")
    dice.click(
        None, None, seed, js=call("web/dice.js", "thrown", MAX_SEED), api_visibility="private"
    )
