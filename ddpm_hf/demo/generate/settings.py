"""What a run of the Generate view is asked to do, checked: sliders do not bind API callers."""

import html
import math
from dataclasses import dataclass
from typing import Any

import gradio as gr
import torch

from ddpm_hf.demo.limits import MAX_PICTURES, in_time
from ddpm_hf.demo.models import Models, most_pictures
from ddpm_hf.demo.texts import spoken
from ddpm_hf.pipeline import DDPMPipeline, DenoisingStream
from ddpm_hf.scheduler import DDPMScheduler

MIN_STEPS = 10
MAX_SEED = 2**31 - 1
MAX_NOISE = 2.0
VARIANCES = {"small": "fixed_small", "large": "fixed_large", "none": "fixed_small"}
"""The choices of σ² (N12) → diffusers' names; none is σ = 0 (N13)."""


def _refusal(
    request: gr.Request | None, key: str, name: str, value: Any, **values: Any
) -> gr.Error:
    """One sentence in the caller's language. Gradio shows it as HTML, hence the escape."""
    got = html.escape(str(value)[:40])
    sentence = spoken(request, key, name=spoken(request, name), value=got, **values)
    return gr.Error(sentence, print_exception=False)


def _number(name: str, value: Any, low: float, high: float, request: gr.Request | None) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if low <= number <= high:
        return number
    raise _refusal(request, "generate_out_of_range", name, value, low=f"{low:g}", high=f"{high:g}")


def _whole(name: str, value: Any, low: int, high: int, request: gr.Request | None) -> int:
    try:
        number = int(value)
        if number == float(value) and low <= number <= high:
            return number
    except (TypeError, ValueError, OverflowError):
        pass
    raise _refusal(request, "generate_not_whole", name, value, low=low, high=high)


def _choice(name: str, value: Any, known: list[str], request: gr.Request | None) -> str:
    if isinstance(value, str) and value in known:
        return value
    raise _refusal(request, "generate_unknown", name, value, known=", ".join(known))


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
    shared = models.get(model, request)
    kind = _choice("generate_variance", variance, list(VARIANCES), request)
    # The network is shared; the scheduler is this run's own.
    scheduler = DDPMScheduler.from_config(shared.scheduler.config, variance_type=VARIANCES[kind])
    noise_scale = _number("generate_noise", noise, 0, MAX_NOISE, request)
    return Settings(
        DDPMPipeline(unet=shared.unet, scheduler=scheduler),
        _whole("generate_seed", seed, 0, MAX_SEED, request),
        _whole("generate_how_many", number, 1, most_pictures(shared), request),
        _whole("generate_steps", steps, MIN_STEPS, shared.num_train_timesteps, request),
        0.0 if kind == "none" else noise_scale,
    )
