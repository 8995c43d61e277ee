"""The plan of a run for the page's engine: Python's timesteps and weights of each step."""

from collections.abc import Iterable
from typing import Any

from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.timesteps import StepPlan, spaced_timesteps

SPACINGS: dict[str, dict[str, str]] = {
    "even": {},
    "quadratic": {"timestep_spacing": "quadratic"},
    "visible": {"timestep_spacing": "visible"},
}
"""Even steps are the model's own."""
SAMPLERS: dict[str, dict[str, Any]] = {
    "ddpm": {},
    "ddim": {"eta": 0.0},
    "fast": {"eta": 0.3, "solver_order": 2},
}
"""The page's choices, as arguments of the pipeline; `ddpm` is the notes' own."""
FAST_STEPS = 12
MOST_JUMP_STEPS = 50
Plan = dict[str, Any]
"""A plan as JSON, a row for each of K steps, from float64, to ten digits: the page is float32.

timesteps: as diffusers counts. rates: √ᾱ_t and √(1−ᾱ_t). mean: the weights of x_t and x̂_0 in μ, and
of the x̂_0 before, if there is a third (N9). std: σ by N12's bounds, `small` and `large`, or twice
DDIM's; 0 at the last step.
"""


def plan(
    scheduler: DDPMScheduler, timesteps: list[int], eta: float | None = None, solver_order: int = 1
) -> Plan:
    """The weights that `scheduler.step` takes at these timesteps, strictly decreasing.

    Raises ValueError for an `eta` outside 0..1.
    """
    steps = StepPlan(scheduler.schedule, scheduler.config.prediction_type, timesteps)
    rows = [steps.at(timestep, eta=eta) for timestep in timesteps]
    means = [w.mean if solver_order == 1 else w.second_order_mean for w in rows]
    return {
        "timesteps": timesteps,
        "rates": [_ten_digits(w.rates) for w in rows],
        "mean": [_ten_digits(mean) for mean in means],
        "std": {
            "small": _ten_digits(0.0 if w.is_last else w.std_small for w in rows),
            "large": _ten_digits(0.0 if w.is_last else w.std_large for w in rows),
        },
    }


def _ten_digits(weights: Iterable[Any]) -> list[float]:
    return [float(f"{float(weight):.10g}") for weight in weights]


def run_plan(
    scheduler: DDPMScheduler,
    K: int,
    spacing: str,
    eta: float | None = None,
    solver_order: int = 1,
) -> Plan:
    """The plan of K steps from T, spaced as `SPACINGS` says.

    Raises ValueError for K outside 1..T, an unknown spacing or an `eta` outside 0..1.
    """
    if spacing not in SPACINGS:
        raise ValueError(f"The spacing must be one of {', '.join(SPACINGS)}; got {spacing!r}.")
    spaced = DDPMScheduler.from_config(scheduler.config, **SPACINGS[spacing])
    spaced.set_timesteps(K)
    return plan(scheduler, spaced.timesteps.tolist(), eta, solver_order)


def steps_down(t: int, sampler: str = "ddpm") -> list[int]:
    """At most `MOST_JUMP_STEPS` timesteps, as diffusers counts, from the paper's t down to 1.

    By `fast` at most `FAST_STEPS`.
    """
    if sampler == "fast":
        return spaced_timesteps(t, min(t, FAST_STEPS), "trailing")
    return spaced_timesteps(t, min(t, MOST_JUMP_STEPS), "linspace")


def jump_plan(scheduler: DDPMScheduler, t: int, sampler: str = "ddpm") -> Plan:
    """The plan of the way back from x_t. Raises ValueError for t outside 1..T."""
    T = scheduler.schedule.T
    if not 1 <= t <= T:
        raise ValueError(f"t must be in 1..{T}; got {t}.")
    return plan(scheduler, steps_down(t, sampler), **SAMPLERS[sampler])
