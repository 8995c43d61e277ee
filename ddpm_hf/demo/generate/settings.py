"""What a run of the Generate view is asked to do, checked: sliders do not bind API callers."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
import torch

from ddpm_hf.demo.limits import MAX_SEED, MIN_STEPS, in_time, one_of, whole, within
from ddpm_hf.demo.models import Models, most_pictures
from ddpm_hf.demo.texts import spoken
from ddpm_hf.pipeline import DDPMPipeline, DenoisingStream
from ddpm_hf.scheduler import DDPMScheduler

MAX_NOISE = 2.0
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

    def stream(self) -> DenoisingStream:
        """The run; each call starts it afresh."""
        run = self.pipeline.stream(
            self.number,
            torch.Generator().manual_seed(self.seed),
            self.steps,
            noise_scale=self.noise_scale,
            backend="auto",
        )
        return in_time(run)


def checked(
    models: Models,
    seed: Any,
    number: Any,
    steps: Any,
    variance: Any,
    noise: Any,
    model: Any,
    request: gr.Request | None,
) -> Settings:
    """The settings, or gr.Error with a sentence that names the one that will not do."""

    def named(control: str) -> str:
        return spoken(request, f"generate_{control}")

    shared = models.get(model, request)
    kind = one_of(named("variance"), variance, VARIANCES, request)
    # The network is shared; the scheduler is this run's own.
    scheduler = DDPMScheduler.from_config(shared.scheduler.config, variance_type=VARIANCES[kind])
    noise_scale = within(named("noise"), noise, 0, MAX_NOISE, request)
    return Settings(
        DDPMPipeline(unet=shared.unet, scheduler=scheduler),
        whole(named("seed"), seed, 0, MAX_SEED, request),
        whole(named("how_many"), number, 1, most_pictures(shared), request),
        whole(named("steps"), steps, MIN_STEPS, shared.num_train_timesteps, request),
        0.0 if kind == "none" else noise_scale,
    )
