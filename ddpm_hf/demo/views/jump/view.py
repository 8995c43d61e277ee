"""The One jump view: a single jump back beside many small steps (N6)."""

from collections.abc import Generator, Iterator
from typing import Any

import gradio as gr
import numpy as np
import torch
from torch import Tensor

from ddpm_hf import equations
from ddpm_hf.demo.service.limits import MAX_SEED, in_time, whole
from ddpm_hf.demo.texts import LATEX, i18n, spoken
from ddpm_hf.demo.views.jump.strings import PAGE
from ddpm_hf.demo.web.picture.picture import PictureInput, x_0_of
from ddpm_hf.demo.web.row.row import Frame, Note, Row, RowChunk, row_chunks
from ddpm_hf.demo.web.run.run import connect
from ddpm_hf.evaluation.sharpness import rmse, sharpness
from ddpm_hf.noise import image_generators
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.timesteps import spaced_timesteps

MOST_CHAINS = 4
MOST_STEPS = 50
ALIKE = 3
"""Pictures look equally sharp up to this difference, in % of the original's sharpness."""
LARGE_GAIN = 5
"""From this gain on, errors in ẑ show as speckles, which pass for sharpness."""
SHARPER = 150
"""From this sharpness on, in % of the original's, a picture is too sharp."""
FLAT = 0.02
"""Below this sharpness a picture has no details: rounding to grey levels makes as much."""
FIRST_CHAIN = 2**32
"""The first chain's image number; small numbers are for sampling, which must not be repeated."""


def steps_down(t: int) -> list[int]:
    """At most `MOST_STEPS` timesteps, as diffusers counts, from the paper's t down to 1."""
    return spaced_timesteps(t, min(t, MOST_STEPS), "linspace")


def measured(pictures: Tensor, x_0: Tensor) -> list[Note]:
    """For each picture: its distance to x_0 in grey levels, its sharpness in % of x_0's if any."""
    errors = [round(error, 1) for error in rmse(pictures, x_0).tolist()]
    original = float(sharpness(x_0))
    if original < FLAT:
        return [{"key": "error", "error": error} for error in errors]
    crispness = [round(100 * s / original) for s in sharpness(pictures).tolist()]
    both = zip(errors, crispness, strict=True)
    return [{"key": "measured", "error": e, "sharpness": s} for e, s in both]


def verdict(notes: list[Note], gain: float) -> Note:
    """The one jump (third) against the chains (from the fourth on), in numbers.

    gain: what (N6) multiplies an error in ẑ by, √(1−ᾱ_t)/√ᾱ_t.
    """
    jump, chains = notes[2], notes[3:]
    numbers = {
        "jump_error": jump["error"],
        "chain_error": round(float(np.mean([n["error"] for n in chains])), 1),
        "gain": round(gain, 1),
    }
    if "sharpness" not in jump:
        return {"key": "flat", **numbers}
    by_jump = jump["sharpness"]
    by_chains = round(float(np.mean([n["sharpness"] for n in chains])))
    numbers |= {"jump_sharpness": by_jump, "chain_sharpness": by_chains}
    if abs(by_jump - by_chains) <= ALIKE:
        return {"key": "alike" if gain < LARGE_GAIN else "hidden", **numbers}
    if by_jump > by_chains and gain >= LARGE_GAIN:
        return {"key": "speckled", **numbers}
    if by_jump > min(by_chains, SHARPER):  # what neither a mean nor an error in ẑ explains
        return {"key": "foreign", **numbers}
    closer = numbers["jump_error"] < numbers["chain_error"]
    return {"key": "blurry" if closer else "blurry_and_farther", **numbers}


def frames(pipeline: DDPMPipeline, x_0: Tensor, t: int, chains: int, seed: int) -> Iterator[Frame]:
    """x_0, x_t, x̂_0 in one jump, and the chains on their way from x_t: first there, last at 0."""
    z = torch.randn(x_0.shape, generator=torch.Generator().manual_seed(seed))
    x_t = equations.q_sample(pipeline.scheduler.schedule, x_0, z, t)
    stream = pipeline.stream(
        chains,
        image_generators(seed, range(FIRST_CHAIN, FIRST_CHAIN + chains)),
        timesteps=steps_down(t),
        latents=x_t.expand(chains, -1, -1, -1),
        backend="auto",
    )
    for step in in_time(stream):
        if step.index == 0:
            x_hat = step.pred_original_sample[:1].cpu()  # all chains begin at the same x_t
            fixed = torch.cat([x_0, x_t, x_hat])
            fixed_notes: list[Note] = [{}, {}, *measured(x_hat, x_0)]
            first = torch.cat([fixed, step.noisy_sample.cpu()])
            yield Frame(t, first, [*fixed_notes, *[{}] * chains])
        is_last = step.index == len(stream) - 1
        s = 0 if is_last else step.timestep
        sample = step.sample.cpu()
        notes = measured(sample, x_0) if is_last else [{}] * chains
        yield Frame(s, torch.cat([fixed, sample]), [*fixed_notes, *notes])


def view(pipeline: DDPMPipeline) -> None:
    """Build the view inside the current Blocks."""
    T, side = pipeline.num_train_timesteps, pipeline.unet.config.sample_size

    def compare(
        request: gr.Request, picture: Any, t: Any, chains: Any, seed: Any
    ) -> Generator[RowChunk, None, None]:
        """Noise the picture to t, then go back both ways."""
        t = whole("t", t, 1, T, request)
        chains = whole(spoken(request, "jump_chains"), chains, 1, MOST_CHAINS, request)
        seed = whole(spoken(request, "jump_seed"), seed, 0, MAX_SEED, request)
        x_0 = x_0_of(picture, side, request)
        captions = [{"key": "x0"}, {"key": "xt", "t": t}, {"key": "jump"}]
        captions += [{"key": "chain", "n": n + 1} for n in range(chains)]
        total = len(steps_down(t)) + 1
        gain = float(pipeline.scheduler.schedule.snr(t).rsqrt())
        way = frames(pipeline, x_0, t, chains, seed)
        yield from row_chunks(way, total, captions, lambda notes: verdict(notes, gain))

    gr.Markdown(i18n("jump_intro"), latex_delimiters=LATEX)
    with gr.Row(equal_height=False):
        with gr.Column(min_width=280):
            picture = PictureInput("jump-picture", side)
        with gr.Column(min_width=280):
            t = gr.Slider(
                1, T, T * 7 // 20, step=1, label="t", info=i18n("jump_t_info"), elem_id="jump-t"
            )
            chains = gr.Slider(
                1, MOST_CHAINS, 3, step=1, label=i18n("jump_chains"), elem_id="jump-chains"
            )
            seed = gr.Number(0, label=i18n("jump_seed"), precision=0, elem_id="jump-seed")
            with gr.Row():
                start = gr.Button(
                    i18n("jump_start"), variant="primary", min_width=180, elem_id="jump-start"
                )
                stop = gr.Button(i18n("jump_stop"), min_width=80, elem_id="jump-stop")
    row = Row(PAGE, "jump-row")
    inputs = [picture, t, chains, seed]
    connect(start, stop, compare, inputs, row, lambda *_: MOST_STEPS, api_visibility="private")
