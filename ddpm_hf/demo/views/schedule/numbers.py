"""The numbers of a noise schedule by its name, as the page asks for them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ddpm_hf.demo.views.schedule.inputs import noise_schedule, values_in
from ddpm_hf.demo.web.answers import answers
from ddpm_hf.demo.web.encoding import packed
from ddpm_hf.equations import posterior_var, posterior_weights
from ddpm_hf.schedules import BY_BETAS, NoiseSchedule

POINTS = 300


def shown_steps(T: int) -> Tensor:
    """At most `POINTS` steps of 1..T: half evenly spread, half for a logarithmic axis."""
    even = torch.linspace(0, 1, POINTS // 2, dtype=torch.float64)
    both = torch.cat([1 + even * (T - 1), T**even])
    return torch.tensor(sorted({round(t) for t in both.tolist()}))


def curves(schedule: NoiseSchedule) -> dict[str, Any]:
    """What the Schedule view draws, at `shown_steps`; exactly where x_t weighs most in μ."""
    every = torch.arange(1, schedule.T + 1)
    most, at = posterior_weights(schedule, every - 1, every)[0].max(0)
    t = shown_steps(schedule.T)
    weight_xt, weight_x0 = posterior_weights(schedule, t - 1, t)
    columns = {
        "beta": schedule.beta(t - 1, t),
        "alphaBar": schedule.alpha_bar(t),
        "snr": schedule.snr(t),
        "ratio": posterior_var(schedule, t - 1, t) / schedule.beta(t - 1, t),
        "weightXt": weight_xt,
        "weightX0": weight_x0,
    }
    return {
        "signalLeft": float(schedule.alpha_bar(schedule.T).sqrt()),
        "peak": {"t": int(every[at]), "value": float(most)},
        "t": t.tolist(),
        "curves": {key: packed(column) for key, column in columns.items()},
    }


def misread_alpha_bar(schedule: NoiseSchedule) -> Tensor:
    """WRONG on purpose: ᾱ_t as the mean of α_1..α_t, as the notes were misread; (T + 1,).

    It lives here, to be looked at, and not among the equations. The right ᾱ_t is a product (N4).
    """
    t = torch.arange(1, schedule.T + 1)
    mean = schedule.alpha(t - 1, t).cumsum(0) / t
    return torch.cat([mean.new_ones(1), mean])


def weights(schedule: NoiseSchedule) -> dict[str, Any]:
    """The weights by which the Forward view mixes, each for t = 0..T."""
    t = torch.arange(schedule.T + 1)
    before = (t - 1).clamp(min=0)  # at t = 0 no step is taken: α = 1, β = 0
    misreading = misread_alpha_bar(schedule)
    columns = {
        "signal": schedule.alpha_bar(t).sqrt(),
        "noise": schedule.noise_var(t).sqrt(),
        "keep": schedule.alpha(before, t).sqrt(),
        "add": schedule.beta(before, t).sqrt(),
        "misreadingSignal": misreading.sqrt(),
        "misreadingNoise": (1 - misreading).sqrt(),
    }
    return {"tables": {key: packed(column) for key, column in columns.items()}}


KINDS: dict[str, Callable[[NoiseSchedule], dict[str, Any]]] = {"curves": curves, "weights": weights}


def numbers(request: Any, name: str, what: str) -> dict[str, Any]:
    """A named schedule's numbers. Raises gr.Error for a name that describes none."""
    values = values_in(name)
    schedule = noise_schedule(values, request)
    about = {"kind": values[0], "T": schedule.T, "byBetas": values[0] in BY_BETAS}
    return {**about, **KINDS[what](schedule)}


ROUTES = [
    answers(
        f"/schedules/{{name}}/{what}.json",
        lambda request, name, what=what: numbers(request, name, what),
    )
    for what in KINDS
]
"""For the app's `routes`."""
