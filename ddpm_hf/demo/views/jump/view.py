"""The One jump view: a single jump back beside many small steps (N6)."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from torch import Tensor

from ddpm_hf import equations
from ddpm_hf.demo.service.limits import MAX_SEED, in_time, whole
from ddpm_hf.demo.service.models import MODEL, Models, exact_backend
from ddpm_hf.demo.texts import LATEX, i18n, spoken
from ddpm_hf.demo.views.jump.strings import PAGE
from ddpm_hf.demo.web.engine.plan import MOST_JUMP_STEPS, SAMPLERS, steps_down
from ddpm_hf.demo.web.picture.picture import PictureInput, x_0_of
from ddpm_hf.demo.web.row.row import Caption, Frame, Row, RowChunk, row_chunks
from ddpm_hf.demo.web.run import bounds
from ddpm_hf.demo.web.run.run import connect
from ddpm_hf.noise import image_generators
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.prediction import prediction_of
from ddpm_hf.scheduler import DDPMScheduler

JUMPS_WITH = "cats-32-v"
"""It was trained to predict v, so its jump from far away is blurry, not speckled."""
MOST_CHAINS, CHAINS = 16, 4
"""At most, and at first."""
FIRST_CHAIN = 2**32
"""The first chain's image number; small numbers are for sampling, which must not be repeated."""


def frames(
    pipeline: DDPMPipeline, x_0: Tensor, t: int, chains: int, seed: int, sampler: str
) -> Iterator[Frame]:
    """x_0, x_t, x̂_0 in one jump, the chains' mean and the chains on their way from x_t to 0."""
    z = torch.randn(x_0.shape, generator=torch.Generator().manual_seed(seed))
    x_t = equations.q_sample(pipeline.scheduler.schedule, x_0, z, t)
    timesteps = steps_down(t, sampler)
    stream = pipeline.stream(
        chains,
        image_generators(seed, range(FIRST_CHAIN, FIRST_CHAIN + chains)),
        timesteps=timesteps,
        latents=x_t.expand(chains, -1, -1, -1),
        backend=exact_backend(pipeline),
        **SAMPLERS[sampler],
    )
    times = [timestep + 1 for timestep in timesteps[1:]] + [0]
    for step, s in zip(in_time(stream), times, strict=True):
        if step.index == 0:
            x_hat = step.pred_original_sample[:1].cpu()  # all chains begin at the same x_t
            fixed = torch.cat([x_0, x_t, x_hat])
            yield Frame(t, _row(fixed, step.noisy_sample))
        yield Frame(s, _row(fixed, step.sample))


def _row(fixed: Tensor, chains: Tensor) -> Tensor:
    return torch.cat([fixed, chains.mean(0, keepdim=True).cpu(), chains.cpu()])


def chunks(
    pipeline: DDPMPipeline, x_0: Tensor, t: int, chains: int, seed: int, sampler: str = "ddpm"
) -> Generator[RowChunk, None, None]:
    """The frames of a comparison, as the page takes them."""
    captions: list[Caption] = [{"key": "x0"}, {"key": "xt", "t": t}, {"key": "jump"}]
    captions += [{"key": "mean", "n": chains}]
    captions += [{"key": "chain", "n": n + 1} for n in range(chains)]
    way = frames(pipeline, x_0, t, chains, seed, sampler)
    total, about = len(steps_down(t, sampler)) + 1, {"gain": _gain(pipeline.scheduler, t)}
    yield from row_chunks(way, total, captions, about)


def _gain(scheduler: DDPMScheduler, t: int) -> float:
    """What x̂_0 multiplies an error of the network's output by."""
    prediction = prediction_of(scheduler.config.prediction_type)
    return float(prediction.error_scale(scheduler.schedule.snr(t)).rsqrt())


def default_t(T: int) -> int:
    """Far enough for the jump to be the mean of cats that differ."""
    return T // 2


def _controls(T: int, side: int) -> tuple[gr.Button, gr.Button, list[gr.components.Component]]:
    """Start, stop, and what is compared: picture, t, number of chains, seed, fast."""
    with gr.Row(equal_height=False):
        with gr.Column(min_width=280):
            picture = PictureInput("jump-picture", side)
        with gr.Column(min_width=280):
            t = gr.Slider(
                1, T, default_t(T), step=1, label="t", info=i18n("jump_t_info"), elem_id="jump-t"
            )
            chains = gr.Slider(
                1, MOST_CHAINS, CHAINS, step=1, label=i18n("jump_chains"), elem_id="jump-chains"
            )
            seed = gr.Number(0, label=i18n("jump_seed"), precision=0, elem_id="jump-seed")
            fast = gr.Checkbox(False, label=i18n("generate_sampler_fast"), elem_id="jump-fast")
            with gr.Row():
                start = gr.Button(
                    i18n("jump_start"), variant="primary", min_width=180, elem_id="jump-start"
                )
                stop = gr.Button(i18n("jump_stop"), min_width=80, elem_id="jump-stop")
    return start, stop, [picture, t, chains, seed, fast]


def view(models: Models) -> None:
    """Build the view inside the current Blocks."""
    model = JUMPS_WITH if JUMPS_WITH in models.in_page else MODEL
    pipeline = models.get(model)
    T, side = pipeline.num_train_timesteps, pipeline.unet.config.sample_size

    def compare(
        request: gr.Request, picture: Any, t: Any, chains: Any, seed: Any, fast: Any
    ) -> Generator[RowChunk, None, None]:
        """Noise the picture to t, then go back both ways."""
        t = whole("t", t, 1, T, request)
        chains = whole(spoken(request, "jump_chains"), chains, 1, MOST_CHAINS, request)
        seed = whole(spoken(request, "jump_seed"), seed, 0, MAX_SEED, request)
        x_0 = x_0_of(picture, side, request)
        yield from chunks(pipeline, x_0, t, chains, seed, "fast" if fast else "ddpm")

    gr.Markdown(i18n("jump_intro"), latex_delimiters=LATEX)
    start, stop, inputs = _controls(T, side)
    here = {
        "models": models.in_page,
        "first": model,
        "firstChain": FIRST_CHAIN,
        "bounds": [
            None,
            bounds.whole("t", 1, T),
            bounds.whole("jump_chains", 1, MOST_CHAINS),
            bounds.whole("jump_seed", 0, MAX_SEED),
        ],
    }
    script = Path(__file__).parent / "view.js"
    row = Row(PAGE, "jump-row", script, here if models.in_page else None)
    connect(start, stop, compare, inputs, row, lambda *_: MOST_JUMP_STEPS, api_visibility="private")
