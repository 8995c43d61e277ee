"""The settings of a run of the Generate view, checked: sliders do not bind API callers."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
import torch

from ddpm_hf.bundled import bundled_models
from ddpm_hf.demo.service.limits import (
    MAX_PICTURES,
    MAX_SEED,
    MIN_STEPS,
    in_time,
    one_of,
    whole,
    within,
)
from ddpm_hf.demo.service.models import Models, most_pictures
from ddpm_hf.demo.texts import spoken
from ddpm_hf.demo.views.generate.choice import bundled_classes, labels_of
from ddpm_hf.demo.web.engine.plan import SAMPLERS, SPACINGS
from ddpm_hf.demo.web.run import bounds as bound
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.stream import DenoisingStream

MAX_NOISE, MAX_GUIDANCE = 2.0, 10.0
VARIANCES = {"small": "fixed_small", "large": "fixed_large", "none": "fixed_small"}
"""The choices of σ² (N12) → diffusers' names; none is σ = 0 (N13)."""


@dataclass(frozen=True)
class Settings:
    """The settings of one run, all in range."""

    pipeline: DDPMPipeline
    seed: int
    number: int
    steps: int
    noise_scale: float
    class_labels: list[int] | None
    guidance_scale: float
    sampler: str

    def stream(self, backend: str) -> DenoisingStream:
        """The run; each call starts it afresh."""
        run = self.pipeline.stream(
            self.number,
            torch.Generator().manual_seed(self.seed),
            self.steps,
            noise_scale=self.noise_scale,
            class_labels=self.class_labels,
            guidance_scale=self.guidance_scale,
            backend=backend,
            **SAMPLERS[self.sampler],
        )
        return in_time(run)


def checked(
    models: Models,
    request: gr.Request | None,
    seed: Any,
    number: Any,
    steps: Any,
    variance: Any,
    noise: Any,
    model: Any,
    class_label: Any,
    guidance: Any,
    spacing: Any,
    sampler: Any,
) -> Settings:
    """The settings, all in range. Raises gr.Error, one sentence that names the wrong one.

    class_label, guidance: without effect where the model has no classes.
    """

    def named(control: str) -> str:
        return spoken(request, f"generate_{control}")

    shared = models.get(model, request)
    kind = one_of(named("variance"), variance, VARIANCES, request)
    # The network is shared; the scheduler is this run's own.
    config = shared.scheduler.config
    spaced = SPACINGS[one_of(named("spacing"), spacing, SPACINGS, request)]
    scheduler = DDPMScheduler.from_config(config, variance_type=VARIANCES[kind], **spaced)
    noise_scale = within(named("noise"), noise, 0, MAX_NOISE, request)
    number = whole(named("how_many"), number, 1, most_pictures(shared), request)
    labels = labels_of(shared, class_label, number, request)
    scale = within(named("guidance"), guidance, 0, MAX_GUIDANCE, request)
    return Settings(
        shared.with_scheduler(scheduler),
        whole(named("seed"), seed, 0, MAX_SEED, request),
        number,
        whole(named("steps"), steps, MIN_STEPS, shared.num_train_timesteps, request),
        0.0 if kind == "none" else noise_scale,
        labels,
        1.0 if labels is None or shared.null_class is None else scale,
        one_of(named("sampler"), sampler, SAMPLERS, request),
    )


def bounds(T: int) -> list[bound.Bound]:
    """What the page checks of the controls, in the order of `checked`. T: the models' steps.

    The model is among those that the page has; `byModel` are the classes of each.
    """
    return [
        bound.whole("generate_seed", 0, MAX_SEED),
        bound.whole("generate_how_many", 1, MAX_PICTURES),
        bound.whole("generate_steps", MIN_STEPS, T),
        bound.choice("generate_variance", VARIANCES),
        bound.number("generate_noise", 0, MAX_NOISE),
        bound.choice("generate_model", bundled_models()),
        {**bound.choice("generate_class", []), "byModel": bundled_classes()},
        bound.number("generate_guidance", 0, MAX_GUIDANCE),
        bound.choice("generate_spacing", SPACINGS),
        bound.choice("generate_sampler", SAMPLERS),
    ]
