"""The Fresh noise view: runs that differ in σ alone, beside DDIM, and a playground (N12, N13)."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import torch

from ddpm_hf.demo.service.limits import MAX_SEED, in_time, whole
from ddpm_hf.demo.service.models import MODEL, Models, exact_backend
from ddpm_hf.demo.texts import LATEX, i18n, spoken
from ddpm_hf.demo.views.generate.settings import VARIANCES
from ddpm_hf.demo.views.noise.playground.playground import playground
from ddpm_hf.demo.views.noise.strings import PAGE
from ddpm_hf.demo.web.engine.plan import SAMPLERS, run_plan
from ddpm_hf.demo.web.modules import call
from ddpm_hf.demo.web.row.row import Caption, Frame, Row, RowChunk, row_chunks
from ddpm_hf.demo.web.run import bounds
from ddpm_hf.demo.web.run.run import connect
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.stream import DenoisingStream

FEWEST_STEPS, MOST_STEPS = 10, 500
RUNS = (
    ("none", 0, "small", 0.0, "ddpm"),
    ("none_other", 3, "small", 0.0, "ddpm"),
    ("ddim", 0, "small", 1.0, "ddim"),
    ("ddim_other", 3, "small", 1.0, "ddim"),
    ("small", 0, "small", 1.0, "ddpm"),
    ("large", 0, "large", 1.0, "ddpm"),
    ("double", 0, "large", 2**0.5, "ddpm"),
)
"""Caption, what is added to the seed, the bound of N12, noise scale (multiplies σ), sampler."""


def streams(pipeline: DDPMPipeline, seed: int, steps: int) -> list[DenoisingStream]:
    """One for each of `RUNS`: of one seed, the same x_T and the same z at each step."""
    config = pipeline.scheduler.config
    made = []
    for _, more, variance, noise_scale, sampler in RUNS:
        scheduler = DDPMScheduler.from_config(config, variance_type=VARIANCES[variance])
        run = pipeline.with_scheduler(scheduler).stream(
            1,
            torch.Generator().manual_seed(seed + more),
            steps,
            noise_scale=noise_scale,
            backend=exact_backend(pipeline),
            **SAMPLERS[sampler],
        )
        made.append(in_time(run))
    return made


def frames(running: list[DenoisingStream], timesteps: list[int]) -> Iterator[Frame]:
    """x_T, then what each run has made of it after each step."""
    times = [timestep + 1 for timestep in timesteps] + [0]
    for steps, t, s in zip(zip(*running, strict=True), times[:-1], times[1:], strict=True):
        if steps[0].index == 0:
            yield Frame(t, torch.cat([step.noisy_sample for step in steps]))
        yield Frame(s, torch.cat([step.sample for step in steps]))


def chunks(pipeline: DDPMPipeline, seed: int, steps: int) -> Generator[RowChunk, None, None]:
    """The frames of a comparison, as the page takes them."""
    captions: list[Caption] = [{"key": name} for name, *_ in RUNS]
    timesteps = run_plan(pipeline.scheduler, steps, "even")["timesteps"]
    way = frames(streams(pipeline, seed, steps), timesteps)
    yield from row_chunks(way, steps + 1, captions, {})


def _all_steps(_request: Any, _seed: Any, steps: Any) -> Any:
    """How many steps of the network a comparison takes, whatever was typed for their number."""
    return len(RUNS) * steps if isinstance(steps, int | float) else 0


def _here(models: Models) -> dict[str, Any] | None:
    """What the page is to know to run it by itself, if it can."""
    bound = [
        bounds.whole("noise_seed", 0, MAX_SEED),
        bounds.whole("noise_steps", FEWEST_STEPS, MOST_STEPS),
    ]
    here = {"models": models.in_page, "first": MODEL, "runs": RUNS, "bounds": bound}
    return here if models.in_page else None


def view(models: Models) -> None:
    """Build the view inside the current Blocks."""
    pipeline = models.get(MODEL)

    def compare(request: gr.Request, seed: Any, steps: Any) -> Generator[RowChunk, None, None]:
        """All runs side by side."""
        seed = whole(spoken(request, "noise_seed"), seed, 0, MAX_SEED, request)
        steps = whole(spoken(request, "noise_steps"), steps, FEWEST_STEPS, MOST_STEPS, request)
        yield from chunks(pipeline, seed, steps)

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
            row = Row(PAGE, "noise-row", Path(__file__).parent / "view.js", _here(models))
    gr.Markdown(i18n("noise_playground"), latex_delimiters=LATEX)
    playground()
    connect(start, stop, compare, [seed, steps], row, _all_steps, api_visibility="private")
    dice.click(
        None, None, seed, js=call("web/dice.js", "thrown", MAX_SEED), api_visibility="private"
    )
