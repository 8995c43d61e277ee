"""The player: canvases in the page that show the way from noise to picture.

The server sends each frame once, in chunks, while it samples; the page keeps them. So playing and
scrubbing ask nothing of the server, and a run of any length has at most `animation.FRAMES`.
"""

import base64
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import torch

from ddpm_hf.animation import key_steps
from ddpm_hf.demo.page import Page, rgb_bytes
from ddpm_hf.demo.player.course import Course
from ddpm_hf.demo.player.words import PAGE
from ddpm_hf.demo.run import STATUS, with_status
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.stream import DenoisingStep

SECONDS_BETWEEN_CHUNKS = 0.05
WIDEST_NOISE = 3
"""ẑ is shown from −3 to 3, black to white: all but 0.3 % of a normal variable."""

_HERE = Path(__file__).parent


class Chunk(TypedDict):
    """Some frames of a run, or none, in order. `data` is base64 of RGB bytes: for each its `count`
    pictures of x_t, then those of x̂_0, then those of ẑ, each `height` × `width`. `t` are the
    paper's, T..0. `course` comes with the first chunk alone.
    """

    run: str
    total: int
    count: int
    width: int
    height: int
    t: list[int]
    data: str
    course: NotRequired[Course]


class Player(Page):
    """The canvas player. Its value is the latest `Chunk`; use it as an output only."""

    def __init__(self, **kwargs: Any) -> None:
        scripts = [_HERE / "frames.js", STATUS, _HERE / "strip.js"]
        super().__init__(_HERE, with_status(PAGE), scripts=scripts, **kwargs)


def chunks(
    steps: Iterable[DenoisingStep],
    K: int,
    scheduler: DDPMScheduler,
    course: Course | None = None,
) -> Iterator[Chunk]:
    """The frames of a run of K steps, sent as they come: the key steps, then the picture.

    Beside the picture itself, ẑ is nothing: grey.
    """
    run, keys = uuid.uuid4().hex, key_steps(K)
    times: list[int] = []
    frames: list[bytes] = []
    sent = time.monotonic()
    for step in steps:
        if step.index in keys:
            times.append(step.timestep + 1)
            x_t, channels = step.noisy_sample, step.sample.shape[1]
            output = step.model_output[:, :channels]  # beyond them is a learned variance
            z_hat = scheduler.predict_noise(output, step.timestep, x_t)
            shown = (x_t, step.pred_original_sample, z_hat / WIDEST_NOISE)
            frames += [rgb_bytes(batch) for batch in shown]
        is_last = step.index == K - 1
        if is_last:
            times.append(0)
            frames += [rgb_bytes(step.sample)] * 2 + [rgb_bytes(torch.zeros_like(step.sample))]
        # Also without frames: a run can be stopped where it yields, and nowhere else.
        if is_last or time.monotonic() - sent >= SECONDS_BETWEEN_CHUNKS:
            count, _, height, width = step.sample.shape
            chunk = Chunk(
                run=run,
                total=len(keys) + 1,
                count=count,
                width=width,
                height=height,
                t=times,
                data=base64.b64encode(b"".join(frames)).decode(),
            )
            if course is not None:
                chunk["course"] = course
            yield chunk
            times, frames, course, sent = [], [], None, time.monotonic()
