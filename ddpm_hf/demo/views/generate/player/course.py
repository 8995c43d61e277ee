"""What the schedule does along one run: the lines under the player's cursor."""

import copy
from typing import TypedDict

import torch

from ddpm_hf import equations
from ddpm_hf.scheduler import DDPMScheduler


class Course(TypedDict):
    """One value for each key step of a run, in order of sampling."""

    root_alpha_bar: list[float]
    sigma: list[float]
    weight_xt: list[float]
    weight_x0: list[float]


def course(scheduler: DDPMScheduler, K: int, keys: set[int], noise_scale: float) -> Course:
    """√ᾱ_t, σ_t as it is added, and the weights of x_t and x̂_0 (N9), at the key steps."""
    run = copy.deepcopy(scheduler)
    run.set_timesteps(K)
    t = run.timesteps + 1
    s = torch.cat([t[1:], t.new_zeros(1)])
    weight_xt, weight_x0 = equations.posterior_weights(run.schedule, s, t)
    std = torch.stack([run._get_variance(timestep) for timestep in run.timesteps]).sqrt()
    std[-1] = 0  # the last step adds no noise
    at = sorted(keys)
    return Course(
        root_alpha_bar=run.schedule.alpha_bar(t).sqrt()[at].tolist(),
        sigma=(noise_scale * std)[at].tolist(),
        weight_xt=weight_xt[at].tolist(),
        weight_x0=weight_x0[at].tolist(),
    )
