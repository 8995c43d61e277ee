"""The controls of the Generate view."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ddpm_hf.bundled import bundled_models
from ddpm_hf.demo.service.limits import MAX_PICTURES, MAX_SEED, MIN_STEPS
from ddpm_hf.demo.service.models import ALLOWED, MODEL
from ddpm_hf.demo.texts import i18n
from ddpm_hf.demo.views.generate import settings
from ddpm_hf.demo.views.generate.choice import NO_CLASSES
from ddpm_hf.demo.web.engine.plan import FAST_STEPS, SAMPLERS, SPACINGS

EXAMPLES = [[0, 4, 100], [7, 9, 50], [2020, 1, 500], [42, 16, 25]]
"""Seed, number, steps."""
PACES: dict[str, tuple[int, str]] = {"first": (100, "even"), "fast": (FAST_STEPS, "visible")}
"""Steps and their spacing: when the page opens, and when the fast sampler is chosen."""


@dataclass(frozen=True)
class Controls:
    """What a person sets, and the buttons beside it."""

    start: gr.Button
    stop: gr.Button
    dice: gr.Button
    banner: gr.HTML
    seed: gr.Number
    number: gr.Slider
    steps: gr.Slider
    variance: gr.Radio
    noise: gr.Slider
    model: gr.Dropdown
    class_label: gr.Dropdown
    guidance: gr.Slider
    spacing: gr.Radio
    sampler: gr.Radio

    @property
    def inputs(self) -> list[gr.components.Component]:
        """The settings, in the order of `settings.checked`."""
        return [
            self.seed,
            self.number,
            self.steps,
            self.variance,
            self.noise,
            self.model,
            self.class_label,
            self.guidance,
            self.spacing,
            self.sampler,
        ]


def make_controls(T: int) -> Controls:
    """A column of controls inside the current Blocks. T: the first model's number of steps."""
    with gr.Column(scale=1, min_width=280):
        with gr.Row():
            start = gr.Button(
                i18n("generate_generate"), variant="primary", min_width=100, elem_id="generate"
            )
            stop = gr.Button(i18n("generate_stop"), min_width=100, elem_id="stop")
        made = {**_model(), **_size(T), **_noise()}
        gr.Examples(
            EXAMPLES,
            [made["seed"], made["number"], made["steps"]],
            label=i18n("generate_examples"),
            example_labels=[f"{n} × {K}" for _, n, K in EXAMPLES],
        )
    return Controls(start=start, stop=stop, **made)


def _model() -> dict[str, Any]:
    model = gr.Dropdown(
        bundled_models(),
        value=MODEL,
        label=i18n("generate_model"),
        info=i18n("limits_model_info") if ALLOWED else None,
        allow_custom_value=ALLOWED,
        elem_id="model",
    )
    banner = gr.HTML(visible=False, elem_id="model_banner")
    class_label = gr.Dropdown(
        [(NO_CLASSES, NO_CLASSES)],
        value=NO_CLASSES,
        label=i18n("generate_class"),
        visible=False,
        elem_id="class",
    )
    guidance = gr.Slider(
        0,
        settings.MAX_GUIDANCE,
        1,
        step=0.5,
        label=i18n("generate_guidance"),
        info=i18n("generate_guidance_info"),
        visible=False,
        elem_id="guidance",
    )
    return {"model": model, "banner": banner, "class_label": class_label, "guidance": guidance}


def _size(T: int) -> dict[str, Any]:
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
    sampler = gr.Radio(
        [(i18n(f"generate_sampler_{name}"), name) for name in SAMPLERS],
        value="ddpm",
        label=i18n("generate_sampler"),
        info=i18n("generate_sampler_info"),
        elem_id="sampler",
    )
    steps = gr.Slider(
        MIN_STEPS,
        T,
        PACES["first"][0],
        step=1,
        label=i18n("generate_steps"),
        info=i18n("generate_steps_info"),
        elem_id="steps",
    )
    return {"seed": seed, "dice": dice, "number": number, "sampler": sampler, "steps": steps}


def _noise() -> dict[str, Any]:
    spacing = gr.Radio(
        [(i18n(f"generate_spacing_{name}"), name) for name in SPACINGS],
        value="even",
        label=i18n("generate_spacing"),
        info=i18n("generate_spacing_info"),
        elem_id="spacing",
    )
    variance = gr.Radio(
        [(i18n(f"generate_variance_{name}"), name) for name in settings.VARIANCES],
        value="small",
        label=i18n("generate_variance"),
        info=i18n("generate_variance_info"),
        elem_id="variance",
    )
    noise = gr.Slider(
        0,
        settings.MAX_NOISE,
        1,
        step=0.05,
        label=i18n("generate_noise"),
        info=i18n("generate_noise_info"),
        elem_id="noise",
    )
    return {"spacing": spacing, "variance": variance, "noise": noise}
