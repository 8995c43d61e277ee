"""Particles of a known distribution, carried by its exact score: diffusion and back (N12, N13).

The page moves the particles; what it weighs them by are the schedule's float64 tables.
"""

from pathlib import Path
from typing import Any

import torch

from ddpm_hf.demo.views.noise.playground.strings import PAGE
from ddpm_hf.demo.views.noise.points import DISTRIBUTIONS
from ddpm_hf.demo.web.encoding import packed
from ddpm_hf.demo.web.page import Page
from ddpm_hf.equations import posterior_var, posterior_weights
from ddpm_hf.schedules import NoiseSchedule, linear_betas

T, STRIDE = 2000, 10
"""The notes' T, and how many of its steps are taken as one."""


def tables(stride: int = STRIDE) -> dict[str, str]:
    """For each step s → t = s + stride the weights of both ways; `signal`, `var` at t = 0..T."""
    schedule = NoiseSchedule.from_betas(linear_betas(T))
    at = torch.arange(0, T + 1, stride)
    s, t = at[:-1], at[1:]
    weight_xt, weight_x0 = posterior_weights(schedule, s, t)
    return {
        "t": packed(at),
        "signal": packed(schedule.alpha_bar(at).sqrt()),
        "var": packed(schedule.noise_var(at)),
        "keep": packed(schedule.alpha(s, t).sqrt()),
        "add": packed(schedule.beta(s, t).sqrt()),
        "weightXt": packed(weight_xt),
        "weightX0": packed(weight_x0),
        "sigma": packed(posterior_var(schedule, s, t).sqrt()),
    }


def playground() -> Page:
    """The playground, complete: it needs nothing more from the server."""
    value: dict[str, Any] = {
        "points": {name: packed(torch.from_numpy(make())) for name, make in DISTRIBUTIONS.items()},
        "tables": tables(),
    }
    return Page(Path(__file__).parent, PAGE, value, elem_id="playground", is_later=True)
