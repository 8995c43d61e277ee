"""The player: canvases in the page that show a run from noise to picture.

Each frame comes once, in chunks, while the network samples, in the browser (`here.js`) or here; the
page keeps them. So playing and scrubbing ask nothing of the server, and a run of any length has at
most `animation.FRAMES`. Those that a slow network can't keep up with are left out, not the last.
"""

import time
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import torch
from torch import Tensor

from ddpm_hf.animation import key_steps
from ddpm_hf.demo.service.limits import is_behind
from ddpm_hf.demo.views.generate.player.course import Course
from ddpm_hf.demo.views.generate.player.strings import PAGE
from ddpm_hf.demo.web.encoding import sheet
from ddpm_hf.demo.web.page import Page
from ddpm_hf.demo.web.run.run import with_status
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.stream import DenoisingStep

SECONDS_BETWEEN_CHUNKS = 0.05
WIDEST_NOISE = 3
"""ẑ is drawn from −3 (black) to 3 (white): all but 0.3 % of a normal variable."""

_HERE = Path(__file__).parent


Frame = tuple[int, Tensor]
"""t, and the pictures of the three screens."""


class Chunk(TypedDict):
    """Some frames of a run, or none, in order: the first of them is frame `first` of `total`.

    `steps` are those of the whole run. `data` is a `sheet`: for each frame its `count` pictures of
    x_t, then those of x̂_0, then those of ẑ, each `height` × `width`; empty without frames. `t` are
    the paper's, T..0. `course` comes with the first frames alone.
    """

    first: int
    total: int
    steps: int
    count: int
    width: int
    height: int
    t: list[int]
    data: str
    course: NotRequired[Course]


class Player(Page):
    """The canvas player. Its value is the latest `Chunk`; use it as an output only."""

    def __init__(self, elem_id: str, here: dict[str, Any] | None) -> None:
        """here: what `here.js` is to know; None where every run is the server's."""
        super().__init__(_HERE, with_status(PAGE), elem_id=elem_id, screen=elem_id, here=here)


def _shown(step: DenoisingStep, scheduler: DDPMScheduler) -> Tensor:
    """The three screens before a step: x_t, x̂_0 and ẑ."""
    x_t, channels = step.noisy_sample, step.sample.shape[1]
    output = step.model_output[:, :channels]  # beyond them is a learned variance
    z_hat = scheduler.predict_noise(output, step.timestep, x_t)
    return torch.cat([x_t, step.pred_original_sample, z_hat / WIDEST_NOISE])


def _result(sample: Tensor, x_T: Tensor) -> Tensor:
    """The three screens at the end: the picture itself, twice, and all that was removed."""
    return torch.cat([sample, sample, (x_T - sample) / WIDEST_NOISE])


def _with_frames(
    steps: Iterable[DenoisingStep], K: int, keys: set[int], scheduler: DDPMScheduler
) -> Iterator[tuple[DenoisingStep, list[Frame]]]:
    """Each step of K and the frames that come of it."""
    for step in steps:
        if step.index == 0:
            x_T = step.noisy_sample
        frames = list[Frame]()
        if step.index in keys:
            frames.append((step.timestep + 1, _shown(step, scheduler)))
        if step.index == K - 1:
            frames.append((0, _result(step.sample, x_T)))
        yield step, frames


def chunks(
    steps: Iterable[DenoisingStep],
    K: int,
    scheduler: DDPMScheduler,
    course: Course | None = None,
) -> Generator[Chunk, None, None]:
    """The frames of a run of K steps, sent as they come: the key steps, then the picture.

    A caller who is behind gets chunks without frames, and the picture.
    """
    keys, waiting = key_steps(K), list[Frame]()
    already, sent = 0, time.monotonic()
    for step, frames in _with_frames(steps, K, keys, scheduler):
        waiting += frames
        is_last = step.index == K - 1
        # Also without frames: a run can be stopped where it yields, and nowhere else.
        if not is_last and time.monotonic() - sent < SECONDS_BETWEEN_CHUNKS:
            continue
        already += len(waiting)
        if is_behind():
            waiting = waiting[-1:] if is_last else []
        count, _, height, width = step.sample.shape
        chunk = Chunk(
            first=already - len(waiting),
            total=len(keys) + 1,
            steps=K,
            count=count,
            width=width,
            height=height,
            t=[t for t, _ in waiting],
            data=sheet([screens for _, screens in waiting]) if waiting else "",
        )
        if waiting and course is not None:
            chunk["course"], course = course, None
        yield chunk
        waiting, sent = [], time.monotonic()
