"""The Generate view: noise becomes cats while you watch (N6, N11, N14, N16)."""

import base64
import io
import random
from collections.abc import Iterator
from typing import Any

import gradio as gr
import torch

from ddpm_hf.demo.player import Chunk, Player, chunks
from ddpm_hf.demo.texts import LATEX, i18n, spoken
from ddpm_hf.pipeline import DDPMPipeline, to_images

MAX_PICTURES = 16
MIN_STEPS = 10
MAX_SEED = 2**31 - 1
SHARED_MODEL = {"concurrency_id": "model", "concurrency_limit": 2}
"""All handlers that run the model share the two cores."""
EXAMPLES = [[0, 4, 100], [7, 9, 50], [2020, 1, 500], [42, 16, 25]]
"""Seed, number, steps."""

SCRIPT = """import torch
from ddpm_hf import DDPMPipeline

pipe = DDPMPipeline.from_pretrained("{name}")
images = pipe(
    batch_size=${{number}},
    generator=torch.Generator().manual_seed(${{seed}}),
    num_inference_steps=${{steps}},
    backend="auto",
).images"""


def _whole(name: str, value: Any, low: int, high: int, request: gr.Request | None) -> int:
    """The number, if it is whole and in range; else a sentence for the caller."""
    try:
        number = int(value)
        if number == value and low <= number <= high:
            return number
    except (TypeError, ValueError, OverflowError):
        pass
    sentence = spoken(
        request,
        "generate_out_of_range",
        name=spoken(request, name),
        low=low,
        high=high,
        value=str(value)[:40],
    )
    raise gr.Error(sentence, print_exception=False)


def view(pipeline: DDPMPipeline, name: str) -> None:
    """Build the view inside the current Blocks."""
    T = pipeline.num_train_timesteps

    def checked(seed: Any, number: Any, steps: Any, request: gr.Request) -> dict[str, Any]:
        """The arguments of the pipeline, bounded: sliders do not bind those who call the API."""
        return {
            "generator": torch.Generator().manual_seed(
                _whole("generate_seed", seed, 0, MAX_SEED, request)
            ),
            "batch_size": _whole("generate_how_many", number, 1, MAX_PICTURES, request),
            "num_inference_steps": _whole("generate_steps", steps, MIN_STEPS, T, request),
            "backend": "auto",
        }

    def stream(seed: float, number: float, steps: float, request: gr.Request) -> Iterator[Chunk]:
        """Sample, and yield the frames as they come."""
        arguments = checked(seed, number, steps, request)
        yield from chunks(pipeline.stream(**arguments), arguments["num_inference_steps"])

    def generate(seed: int, number: int, steps: int, request: gr.Request) -> dict[str, Any]:
        """Sample, and return the pictures as PNG data URLs, with the seed used."""
        arguments = checked(seed, number, steps, request)
        for step in pipeline.stream(**arguments):
            final = step.sample
        urls = []
        for image in to_images(final):
            file = io.BytesIO()
            image.save(file, "PNG")
            urls.append("data:image/png;base64," + base64.b64encode(file.getvalue()).decode())
        return {"seed": int(seed), "images": urls}

    gr.Markdown(i18n("generate_intro"))
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=280):
            seed = gr.Number(
                0,
                label=i18n("generate_seed"),
                info=i18n("generate_seed_info"),
                precision=0,
                minimum=0,
                maximum=MAX_SEED,
                elem_id="seed",
            )
            dice = gr.Button(i18n("generate_dice"), size="sm")
            number = gr.Slider(
                1, MAX_PICTURES, 4, step=1, label=i18n("generate_how_many"), elem_id="number"
            )
            steps = gr.Slider(
                MIN_STEPS,
                T,
                100,
                step=1,
                label=i18n("generate_steps"),
                info=i18n("generate_steps_info"),
                elem_id="steps",
            )
            with gr.Row():
                start = gr.Button(
                    i18n("generate_generate"), variant="primary", min_width=100, elem_id="generate"
                )
                stop = gr.Button(i18n("generate_stop"), min_width=100, elem_id="stop")
            gr.Examples(
                EXAMPLES,
                [seed, number, steps],
                label=i18n("generate_examples"),
                example_labels=[f"{n} × {K}" for _, n, K in EXAMPLES],
            )
        with gr.Column(scale=2, min_width=320):
            player = Player(elem_id="player")
    gr.Markdown(i18n("generate_formulas"), latex_delimiters=LATEX)
    script = gr.Code(
        label=i18n("generate_script"), language="python", interactive=False, elem_id="script"
    )

    inputs = [seed, number, steps]
    running = start.click(
        stream,
        inputs,
        player,
        api_name="stream",
        show_progress="hidden",
        preprocess=False,  # Gradio's own refusals do not say which number is out of range
        **SHARED_MODEL,
    )
    tell_player = "() => window.dispatchEvent(new Event('player-stop'))"
    stop.click(None, cancels=[running], js=tell_player, api_visibility="private")
    dice.click(lambda: random.randint(0, MAX_SEED), None, seed, api_visibility="private")
    write_script = "(seed, number, steps) => `" + SCRIPT.format(name=name) + "`"
    gr.on(
        [seed.change, number.change, steps.change, gr.context.Context.root_block.load],
        None,
        inputs,
        script,
        js=write_script,
        api_visibility="private",
    )
    gr.api(generate, api_name="generate", **SHARED_MODEL)
