"""Plain endpoints for scripts, and for MCP: numbers and data URLs in and out."""

import base64
import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
import numpy as np
import torch
from PIL import Image

from ddpm_hf import equations
from ddpm_hf.data.images import to_images, to_unit_range
from ddpm_hf.demo.service.limits import MAX_SEED, SHARED_MODEL, refusal, whole
from ddpm_hf.demo.service.models import MODEL, Models
from ddpm_hf.demo.service.uploads import read_picture
from ddpm_hf.demo.service.zero_gpu import on_gpu
from ddpm_hf.demo.views.generate.choice import EACH
from ddpm_hf.demo.views.generate.settings import Settings, checked
from ddpm_hf.demo.views.schedule.inputs import noise_schedule
from ddpm_hf.demo.web.encoding import image_url

NAMES = ("kind", "num_train_timesteps", "beta_start", "beta_end")
MAX_SIDE = 256
"""The longer side of the picture that `/forward` returns; larger pictures are scaled down."""
MAX_POINTS = 1000
SECONDS_BETWEEN_REPORTS = 0.25


def read_url(url: Any, request: gr.Request | None) -> Image.Image:
    """The picture in a data URL, as RGB. Raises gr.Error for anything else."""
    try:
        _, data = url.split(";base64,")
        file = io.BytesIO(base64.b64decode(data, validate=True))
    except (AttributeError, ValueError):
        raise refusal(request, "limits_file_no_data_url") from None
    return read_picture(file, request)


def forward(
    picture: str,
    t: int,
    seed: int = 0,
    kind: str = "linear",
    num_train_timesteps: int = 2000,
    beta_start: float = 1e-4,
    beta_end: float = 2e-2,
    request: gr.Request | None = None,
) -> dict[str, Any]:
    """Add noise to a picture, x_0 → x_t in one jump: x_t = √ᾱ_t·x_0 + √(1−ᾱ_t)·z (N4).

    Args:
        picture: x_0 as a data URL (PNG, JPEG, WebP, GIF, BMP or TIFF, at most 10 MB).
        t: The step, 0 (the picture itself) to T (noise).
        seed: Of the noise, 0 to 2147483647.
        kind: The noise schedule: linear, scaled_linear, squaredcos_cap_v2, sigmoid or laplace.
        num_train_timesteps: T, the number of steps, 10 to 4000.
        beta_start: β_1, the first step's.
        beta_end: β_T, the last step's.

    Returns:
        image: x_t as a PNG data URL, its longer side at most 256 pixels.
        sqrt_alpha_bar: √ᾱ_t, how much of the picture is left.
    """
    schedule = noise_schedule(
        (kind, num_train_timesteps, beta_start, beta_end, False), request, NAMES
    )
    step = whole("t", t, 0, schedule.T, request)
    generator = torch.Generator().manual_seed(whole("seed", seed, 0, MAX_SEED, request))
    image = read_url(picture, request)
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    x_0 = to_unit_range([torch.from_numpy(np.array(image)).permute(2, 0, 1)])
    x_t = equations.q_sample(schedule, x_0, torch.randn(x_0.shape, generator=generator), step)
    root = schedule.alpha_bar(step).sqrt()
    return {"image": image_url(to_images(x_t)[0]), "sqrt_alpha_bar": float(root)}


def schedule(
    kind: str = "linear",
    num_train_timesteps: int = 2000,
    beta_start: float = 1e-4,
    beta_end: float = 2e-2,
    request: gr.Request | None = None,
) -> dict[str, list[float]]:
    """The numbers of a noise schedule at up to 1000 steps t, evenly from 1 to T (N1, N5, N14).

    Args:
        kind: linear, scaled_linear, squaredcos_cap_v2, sigmoid or laplace.
        num_train_timesteps: T, the number of steps, 10 to 4000.
        beta_start: β_1, the first step's. squaredcos_cap_v2 and laplace go by neither β.
        beta_end: β_T, the last step's.

    Returns:
        Lists of one length: t, beta (β_t), alpha_bar (ᾱ_t), snr (ᾱ_t/(1−ᾱ_t)), and the weights of
        x_t and of x_0 in the mean of x_{t−1}: weight_xt, weight_x0.
    """
    table = noise_schedule((kind, num_train_timesteps, beta_start, beta_end, False), request, NAMES)
    t = torch.linspace(1, table.T, min(table.T, MAX_POINTS), dtype=torch.float64).round().long()
    weight_xt, weight_x0 = equations.posterior_weights(table, t - 1, t)
    columns = {
        "t": t,
        "beta": table.beta(t - 1, t),
        "alpha_bar": table.alpha_bar(t),
        "snr": table.snr(t),
        "weight_xt": weight_xt,
        "weight_x0": weight_x0,
    }
    return {name: column.tolist() for name, column in columns.items()}


def _drawn(run: Settings) -> Iterator[dict[str, Any]]:
    """Progress reports while the run goes on, then its pictures."""
    told = time.monotonic()
    for step in run.stream():
        # Gradio notices that the caller has gone or cancelled when something is yielded.
        if time.monotonic() - told > SECONDS_BETWEEN_REPORTS:
            yield {"seed": run.seed, "step": step.index + 1, "images": []}
            told = time.monotonic()
    images = [image_url(image) for image in to_images(step.sample)]
    yield {"seed": run.seed, "step": run.steps, "images": images}


def _generator(models: Models) -> Callable[..., Iterator[dict[str, Any]]]:
    """The endpoint `/generate` with these models."""

    def generate(
        seed: int,
        number: int,
        steps: int,
        variance: str = "small",
        noise_scale: float = 1.0,
        model: str = MODEL,
        class_label: str = EACH,
        guidance: float = 1.0,
        spacing: str = "even",
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
            class_label: For a model with classes: each (one after the other), any, or a number.
            guidance: For a model with classes: 0 to 10; above 1, closer to the class.
            spacing: Of the steps: even, or quadratic, which takes smaller ones near the picture.

        Returns:
            images: PNG data URLs, empty until the last result; seed: the seed used; step: how many
            steps are done.
        """
        controls = (number, steps, variance, noise_scale, model, class_label, guidance, spacing)
        yield from _drawn(checked(models, request, seed, *controls))

    return generate


def add_endpoints(models: Models) -> None:
    """Add `/generate`, `/forward` and `/schedule` to the current Blocks."""
    generate = on_gpu(_generator(models), lambda _seed, _number, steps, *_, **__: steps)
    gr.api(generate, api_name="generate", **SHARED_MODEL)
    gr.api(forward, api_name="forward", concurrency_limit=2)
    gr.api(schedule, api_name="schedule", concurrency_limit=2)
