"""What the schedule does along one run: the lines under the player's cursor."""

import copy
from typing import TypedDict

from ddpm_hf.demo.web.engine.plan import SAMPLERS
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.timesteps import StepPlan
from ddpm_hf.variance import step_std


class Course(TypedDict):
    """One value for each key step of a run, in order of sampling."""

    root_alpha_bar: list[float]
    sigma: list[float]
    weight_xt: list[float]
    weight_x0: list[float]


def course(
    scheduler: DDPMScheduler, K: int, keys: set[int], noise_scale: float, sampler: str = "ddpm"
) -> Course:
    """√ᾱ_t, σ_t as it is added, and the weights of x_t and x̂_0 (N9), at the key steps.

    A step of second order has two x̂_0; their weights are added up.
    """
    run = copy.deepcopy(scheduler)
    run.set_timesteps(K)
    timesteps, eta = run.timesteps.tolist(), SAMPLERS[sampler].get("eta")
    plan = StepPlan(run.schedule, run.config.prediction_type, timesteps)
    rows = [plan.at(timesteps[i], eta=eta) for i in sorted(keys)]
    kind = scheduler.variance_type
    return Course(
        root_alpha_bar=[float(w.rates[0]) for w in rows],
        sigma=[0 if w.is_last else noise_scale * float(step_std(w, None, kind)) for w in rows],
        weight_xt=[float(w.mean[0]) for w in rows],
        weight_x0=[float(w.mean[1]) for w in rows],
    )
