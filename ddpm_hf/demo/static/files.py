"""The numbers of the page of plain files: what the server answers by address, written out."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import gradio as gr

from ddpm_hf.bundled import PRETRAINED, bundled_models
from ddpm_hf.demo.views.jump.view import JUMPS_WITH
from ddpm_hf.demo.views.noise.view import FEWEST_STEPS as FEWEST_NOISE_STEPS
from ddpm_hf.demo.views.noise.view import MOST_STEPS as MOST_NOISE_STEPS
from ddpm_hf.demo.views.schedule.inputs import name_of
from ddpm_hf.demo.views.schedule.numbers import KINDS, numbers
from ddpm_hf.demo.views.schedule.view import COMPARED
from ddpm_hf.demo.views.training.view import record
from ddpm_hf.demo.web.engine.plan import SAMPLERS, SPACINGS
from ddpm_hf.demo.web.model_files import CONFIGS, WEIGHTS, name_ending, plan_named, weights_hash
from ddpm_hf.demo.web.picture.picture import cat_files
from ddpm_hf.schedules import BY_BETAS, SCHEDULES

STEPS = (10, 12, 25, 50, 100, 250, 500, 1000, 2000)
ENDINGS = [name_ending(**how) for how in SAMPLERS.values()]
JUMPS = (1, 10, 25, *range(50, 2001, 50))
"""The t of One jump."""
SCHEDULE_STEPS = (100, 500, 1000, 2000, 4000)
FIRST_BETAS, LAST_BETAS = (1e-4,), (0.005, 0.02, 0.05)
_SCHEDULED = ("forward", *(f"schedule-{name}" for name, _, _ in COMPARED))
WRITTEN = {
    "steps": STEPS,
    "noise-steps": [K for K in STEPS if FEWEST_NOISE_STEPS <= K <= MOST_NOISE_STEPS],
    "jump-t": JUMPS,
    **{f"{name}-T": SCHEDULE_STEPS for name in _SCHEDULED},
    **{f"{name}-beta-1": FIRST_BETAS for name in _SCHEDULED},
    **{f"{name}-beta-T": LAST_BETAS for name in _SCHEDULED},
}
"""For the sliders of the page the values that there are files for."""


def _json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def _models() -> Iterator[tuple[str, bytes]]:
    for model in bundled_models():
        for path in (*CONFIGS, WEIGHTS):
            yield f"models/{model}/{path}", (PRETRAINED / model / path).read_bytes()
        yield f"models/{model}/{WEIGHTS}.sha256", weights_hash(model).encode()
        plans = [f"{K}-{s}{how}" for K in STEPS for s in SPACINGS for how in ENDINGS]
        if model == JUMPS_WITH:
            plans += [f"from-{t}{how}" for t in JUMPS for how in ("", "-fast")]
        for name in plans:
            yield f"models/{model}/plans/{name}.json", _json(plan_named(model, name))


def _schedules() -> Iterator[tuple[str, bytes]]:
    for kind, T, is_zero in itertools.product(SCHEDULES, SCHEDULE_STEPS, (False, True)):
        ends = [*itertools.product(FIRST_BETAS, LAST_BETAS)]
        for betas in ends if kind in BY_BETAS else ends[:1]:
            name = name_of((kind, T, *betas, is_zero))
            for what in KINDS:
                yield f"schedules/{name}/{what}.json", _schedule(name, what)


def _schedule(name: str, what: str) -> bytes:
    """The numbers, or the refusal that the page tells in their place."""
    try:
        return _json(numbers(None, name, what))
    except gr.Error as error:
        return _json({"refusal": error.message})


def answers() -> Iterator[tuple[str, bytes]]:
    """Path → content of all that the page asks for by address."""
    yield from _models()
    yield from _schedules()
    yield from cat_files().items()
    for model in bundled_models():
        yield f"training/{model}.json", _json(record(None, model))
