"""The endpoint `/forward`: noise on a picture."""

from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np
import torch
from gradio_client.utils import is_file_obj_with_meta
from PIL import Image

from ddpm_hf import equations
from ddpm_hf.data.images import to_images, to_unit_range
from ddpm_hf.demo.service.endpoints.endpoint import FILE, add_endpoint, files_of, integer
from ddpm_hf.demo.service.endpoints.schedule import NAMES, OF_SCHEDULE
from ddpm_hf.demo.service.limits import MAX_SEED, refusal, whole
from ddpm_hf.demo.service.uploads import read_picture
from ddpm_hf.demo.views.schedule.inputs import MOST_STEPS, noise_schedule
from ddpm_hf.demo.web.picture.picture import cats

MAX_SIDE = 256
"""The longer side of the picture that `/forward` returns; larger pictures are scaled down."""


def sent_picture(file: Any, request: gr.Request | None) -> Image.Image:
    """The picture in a file that was uploaded; a cat if none is given.

    file: as Gradio's clients send it. Raises gr.Error for anything else.
    """
    if file is None:
        return cats()[0]
    if not is_file_obj_with_meta(file):
        raise refusal(request, "limits_file_unsent")
    return read_picture(file["path"], request)  # Gradio has seen that it was uploaded


def forward(
    picture: dict[str, Any] | None = None,
    t: int = 500,
    seed: int = 0,
    kind: str = "linear",
    num_train_timesteps: int = 2000,
    beta_start: float = 1e-4,
    beta_end: float = 2e-2,
    request: gr.Request | None = None,
) -> Iterator[dict[str, Any]]:
    """Add noise to a picture, x_0 → x_t in one jump: x_t = √ᾱ_t·x_0 + √(1−ᾱ_t)·z (N4).

    Args:
        picture: x_0, a PNG, JPEG, WebP, GIF, BMP or TIFF of at most 10 MB; a cat if none is given.
        t: The step, 0 (the picture itself) to T (noise).
        seed: Of the noise, 0 to 2147483647.
        kind: The noise schedule: linear, scaled_linear, squaredcos_cap_v2, sigmoid or laplace.
        num_train_timesteps: T, the number of steps, 10 to 4000.
        beta_start: β_1, the first step's, 0.000001 to 0.999.
        beta_end: β_T, the last step's, 0.000001 to 0.999.

    Returns:
        image: x_t as a PNG file, its longer side at most 256 pixels
        sqrt_alpha_bar: √ᾱ_t, how much of the picture is left
    """
    schedule = noise_schedule(
        (kind, num_train_timesteps, beta_start, beta_end, False), request, NAMES
    )
    step = whole("t", t, 0, schedule.T, request)
    generator = torch.Generator().manual_seed(whole("seed", seed, 0, MAX_SEED, request))
    image = sent_picture(picture, request)
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    x_0 = to_unit_range([torch.from_numpy(np.array(image)).permute(2, 0, 1)])
    x_t = equations.q_sample(schedule, x_0, torch.randn(x_0.shape, generator=generator), step)
    root = schedule.alpha_bar(step).sqrt()
    with files_of(to_images(x_t)) as (file,):
        yield {"image": file, "sqrt_alpha_bar": float(root)}


def add() -> None:
    """Add the endpoint to the current Blocks."""
    parameters = [FILE, integer(500, 0, MOST_STEPS), integer(0, 0, MAX_SEED), *OF_SCHEDULE]
    add_endpoint("forward", forward, parameters, concurrency_limit=2)
