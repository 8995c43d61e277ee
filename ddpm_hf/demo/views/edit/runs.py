"""The runs of the Edit view: what the page asks for, and the frames of it."""

import base64
from collections.abc import Callable, Generator
from typing import Any

import gradio as gr
import numpy as np
import torch
from torch import Tensor

from ddpm_hf import equations
from ddpm_hf.demo.service.limits import MAX_SEED, in_time, one_of, refusal, whole
from ddpm_hf.demo.service.models import exact_backend
from ddpm_hf.demo.texts import spoken
from ddpm_hf.demo.views.edit.form.form import KINDS, LEAST_T, MOST_TIMES
from ddpm_hf.demo.views.jump.view import FIRST_CHAIN
from ddpm_hf.demo.web.engine.plan import SAMPLERS, steps_down
from ddpm_hf.demo.web.row.row import Caption, Frame, RowChunk, row_chunks
from ddpm_hf.editing import repaint_walk
from ddpm_hf.noise import NoiseBetween, image_generators
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.schedules import NoiseSchedule

DRAWN, ROW = 4, 5
"""How many pictures are drawn from one, and between two."""
JUMP_LENGTHS = {"ddpm": 10, "fast": 2}
"""By the sampler, how many steps of a repainted run are drawn again: a fifth or so of them."""
WEIGHTS = torch.linspace(0, 1, ROW)


class Asked:
    """What the page's form asks for, checked, with the pictures beside it.

    Raises gr.Error for anything else than the page sends.
    """

    def __init__(
        self,
        x_0: Tensor,
        other: Tensor,
        form: Any,
        schedule: NoiseSchedule,
        request: gr.Request | None = None,
    ) -> None:
        """x_0, other: the pictures, (1, 3, side, side) in [−1, 1]."""
        given = form if isinstance(form, dict) else {}

        def number(name: str, low: int, high: int) -> int:
            value = given.get(name)
            return whole(spoken(request, f"edit_{name}"), value, low, high, request)

        self.kind = one_of("kind", given.get("kind"), KINDS, request)
        self.t = schedule.T if self.kind == "seeds" else number("t", LEAST_T, schedule.T)
        self.times = number("times", 1, MOST_TIMES)
        self.seed, self.other_seed = number("seed", 0, MAX_SEED), number("other", 0, MAX_SEED)
        self.sampler = "fast" if given.get("fast") else "ddpm"
        self.x_0, self.other, self.schedule = x_0, other, schedule
        try:
            drawn = base64.b64decode(given.get("mask", ""), validate=True)
            bits = np.frombuffer(drawn, np.uint8).reshape(1, 1, *x_0.shape[2:])
        except (TypeError, ValueError):
            raise refusal(request, "limits_file_unreadable") from None
        self.mask = torch.from_numpy(bits > 0).float()

    @property
    def timesteps(self) -> list[int]:
        """Of the way back, as diffusers counts."""
        return steps_down(self.t, self.sampler)

    @property
    def steps(self) -> int:
        """How many steps the run takes, jumps and all."""
        times = self.times if self.kind == "repaint" else 1
        return len(repaint_walk(len(self.timesteps), JUMP_LENGTHS[self.sampler], times))


def _from_picture(asked: Asked) -> dict[str, Any]:
    generators = image_generators(asked.seed, range(FIRST_CHAIN, FIRST_CHAIN + DRAWN))
    return {
        "batch_size": DRAWN,
        "generator": generators,
        "image": (asked.x_0 + 1) / 2,
        "strength": 1,
    }


def _repainted(asked: Asked) -> dict[str, Any]:
    jumps = {"jump_length": JUMP_LENGTHS[asked.sampler], "jump_n_sample": asked.times}
    return {**_from_picture(asked), "mask_image": asked.mask, **jumps}


def _between_pictures(asked: Asked) -> dict[str, Any]:
    (first,) = image_generators(asked.seed, [FIRST_CHAIN])
    z = torch.randn(asked.x_0.shape, generator=first)
    x, y = (equations.q_sample(asked.schedule, x_0, z, asked.t) for x_0 in (asked.x_0, asked.other))
    x_t = equations.interpolate(WEIGHTS[:, None, None, None], x, y)
    same = image_generators(asked.seed, [FIRST_CHAIN] * ROW)
    return {"batch_size": ROW, "generator": same, "latents": x_t}


def _between_seeds(asked: Asked) -> dict[str, Any]:
    return {"batch_size": ROW, "generator": NoiseBetween((asked.seed, asked.other_seed), WEIGHTS)}


RUNS: dict[str, Callable[[Asked], dict[str, Any]]] = {
    "start": _from_picture,
    "repaint": _repainted,
    "pictures": _between_pictures,
    "seeds": _between_seeds,
}
"""By the kind of edit, what the pipeline's `stream` is given."""


def captions(asked: Asked) -> list[Caption]:
    """What stands above the pictures of the row."""
    if asked.kind in ("start", "repaint"):
        return [{"key": "given"}, *({"key": "drawn", "n": n + 1} for n in range(DRAWN))]
    row: list[Caption] = [{"key": "between", "weight": f"{w:.2f}"} for w in WEIGHTS.tolist()]
    return [{"key": "first"}, *row, {"key": "second"}] if asked.kind == "pictures" else row


def frames(pipeline: DDPMPipeline, asked: Asked) -> Generator[Frame, None, None]:
    """The pictures on their way from x_t, beside those that were given: first there, last at 0."""
    timesteps = asked.timesteps
    before = [] if asked.kind == "seeds" else [asked.x_0]
    after = [asked.other] if asked.kind == "pictures" else []
    s_of = dict(zip(timesteps, [t + 1 for t in timesteps[1:]] + [0], strict=True))
    how: dict[str, Any] = {"timesteps": timesteps, "backend": exact_backend(pipeline)}
    how |= SAMPLERS[asked.sampler]
    for step in in_time(pipeline.stream(**RUNS[asked.kind](asked), **how)):
        if step.index == 0:
            yield Frame(asked.t, torch.cat([*before, step.noisy_sample.float().cpu(), *after]))
        yield Frame(s_of[step.timestep], torch.cat([*before, step.sample.float().cpu(), *after]))


def chunks(pipeline: DDPMPipeline, asked: Asked) -> Generator[RowChunk, None, None]:
    """The frames of an edit, as the page takes them."""
    about = {"kind": asked.kind, "t": asked.t, "times": asked.times}
    about["length"] = JUMP_LENGTHS[asked.sampler]
    yield from row_chunks(frames(pipeline, asked), asked.steps + 1, captions(asked), about)
