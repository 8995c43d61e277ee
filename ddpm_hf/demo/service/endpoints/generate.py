"""The endpoint `/generate`: pictures from noise."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from textwrap import shorten
from typing import Any

import gradio as gr
from PIL import Image

from ddpm_hf.bundled import bundled_models
from ddpm_hf.data.images import to_images
from ddpm_hf.demo.service.endpoints.endpoint import (
    add_endpoint,
    choice,
    files_of,
    integer,
    number_in,
    text,
)
from ddpm_hf.demo.service.limits import MAX_PICTURES, MAX_SEED, MIN_STEPS, SHARED_MODEL, refusal
from ddpm_hf.demo.service.models import ALLOWED, MAX_STEPS, MODEL, Models
from ddpm_hf.demo.service.zero_gpu import on_gpu
from ddpm_hf.demo.views.generate.choice import ANY, EACH, NO_CLASSES
from ddpm_hf.demo.views.generate.settings import (
    MAX_GUIDANCE,
    MAX_NOISE,
    VARIANCES,
    checked,
)
from ddpm_hf.demo.web.engine.plan import SAMPLERS, SPACINGS

SECONDS_BETWEEN_REPORTS = 0.25
Report = tuple[int, int, list[Image.Image]]
"""The seed, how many steps are done, and after the last one the pictures."""


def _runs(models: Models) -> Callable[..., Generator[Report]]:
    """Takes the request and the controls of `settings.checked`; reports, the last with pictures."""

    def generate(request: gr.Request | None, *controls: Any) -> Generator[Report]:
        run, told = checked(models, request, *controls), time.monotonic()
        for step in run.stream("auto"):
            # Gradio notices that the caller has gone or cancelled when something is yielded.
            if time.monotonic() - told > SECONDS_BETWEEN_REPORTS:
                yield run.seed, step.index + 1, []
                told = time.monotonic()
        yield run.seed, run.steps, to_images(step.sample)

    # Perhaps in another process, so the files are written behind it.
    return on_gpu(generate, lambda _request, _seed, _number, steps, *_: steps)


def _choice_of_class(
    models: Models, model: str, class_label: Any, request: gr.Request | None
) -> Any:
    """The choice by number that a class's name or number stands for. Raises gr.Error for none."""
    pipeline = models.get(model, request)
    if class_label in (None, NO_CLASSES, EACH, ANY) or not pipeline.class_names:
        return class_label
    try:
        return str(pipeline.class_called(str(class_label)))
    except ValueError as error:
        reason = shorten(str(error), 80, placeholder=" …")
        raise refusal(request, "limits_class", name=class_label, reason=reason) from error


def _with_files(reports: Generator[Report]) -> Iterator[dict[str, Any]]:
    with closing(reports):
        for seed, step, images in reports:
            with files_of(images) as files:
                yield {"seed": seed, "step": step, "images": files}


def _generator(models: Models) -> Callable[..., Iterator[dict[str, Any]]]:
    """The endpoint `/generate` with these models."""
    runs = _runs(models)

    def generate(
        seed: int = 0,
        number: int = 4,
        steps: int = 100,
        variance: str = "small",
        noise_scale: float = 1.0,
        model: str = MODEL,
        class_label: str = EACH,
        guidance: float = 1.0,
        spacing: str = "even",
        sampler: str = "ddpm",
        request: gr.Request | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Draw pictures from noise (N16).

        Args:
            seed: 0 to 2147483647; the same seed gives the same pictures.
            number: How many pictures, 1 to 16.
            steps: How many of the 2000 steps are taken, 10 to 2000; 100 are good.
            variance: The fresh noise of each step: small (β̃), large (β) or none.
            noise_scale: Multiplies the fresh noise, 0 to 2.
            model: A bundled one, as cats-32, or an id on the Hub, where the server allows it.
            class_label: For a model with classes: each, any, or one by name or number.
            guidance: For a model with classes: 0 to 10; above 1, closer to the class.
            spacing: even, quadratic (smaller near the picture), or visible (from where one shows).
            sampler: ddpm, ddim (η = 0), or fast, of second order, good in 12 visible steps.

        Returns:
            images: PNG files, none until the last result
            seed: the seed used
            step: how many steps are done
        """
        chosen = _choice_of_class(models, model, class_label, request)
        how = model, chosen, guidance, spacing, sampler
        yield from _with_files(runs(request, seed, number, steps, variance, noise_scale, *how))

    return generate


def add(models: Models) -> None:
    """Add the endpoint to the current Blocks."""
    most = MAX_STEPS if ALLOWED else models.get(MODEL).num_train_timesteps
    parameters = [
        integer(0, 0, MAX_SEED),
        integer(4, 1, MAX_PICTURES),
        integer(100, MIN_STEPS, most),
        choice("small", VARIANCES),
        number_in(1, 0, MAX_NOISE),
        text(MODEL) if ALLOWED else choice(MODEL, bundled_models()),
        text(EACH),
        number_in(1, 0, MAX_GUIDANCE),
        choice("even", SPACINGS),
        choice("ddpm", SAMPLERS),
    ]
    add_endpoint("generate", _generator(models), parameters, **SHARED_MODEL)
