"""Running the pipeline with the other schedulers of diffusers."""

import inspect
import operator
from collections.abc import Sequence
from typing import Any

import diffusers
import torch

from ddpm_hf.errors import first_sentence
from ddpm_hf.noise import Generators
from ddpm_hf.scheduler import DDPMScheduler

LEARNED_VARIANCE = (DDPMScheduler, diffusers.DDPMScheduler, diffusers.DDPMParallelScheduler)
"""The schedulers that accept a learned variance; others are given the prediction only."""


UNCHANGED = {"noise_scale": 1.0, "eta": None, "solver_order": 1}
"""Arguments of a step that not all schedulers have, where they ask for nothing."""


def step_arguments(scheduler: Any, generator: Generators, **asked: Any) -> dict[str, Any]:
    """The arguments for this scheduler's `step`: the generator if it takes one, and what is asked.

    Raises ValueError for something asked for, of `UNCHANGED`, that this scheduler does not take.
    """
    accepted = inspect.signature(scheduler.step).parameters
    asked = {name: value for name, value in asked.items() if value != UNCHANGED[name]}
    for name in asked:
        if name not in accepted:
            raise ValueError(f"{type(scheduler).__name__} takes no {name}: leave it out.")
    return ({"generator": generator} if "generator" in accepted else {}) | asked


def set_timesteps(
    scheduler: Any, K: int | None, timesteps: Sequence[int] | None, device: torch.device
) -> int:
    """Set any diffusers scheduler to these timesteps, else to K steps (None: all T): how many.

    Raises ValueError for timesteps where the scheduler takes none, and as `set_steps`.
    """
    if timesteps is None:
        K = len(scheduler) if K is None else K
        set_steps(scheduler, K, device)
        return K
    if "timesteps" not in inspect.signature(scheduler.set_timesteps).parameters:
        raise ValueError(f"{type(scheduler).__name__} takes no custom timesteps.")
    scheduler.set_timesteps(timesteps=timesteps, device=device)
    return len(timesteps)


def set_steps(scheduler: Any, K: int, device: torch.device | None = None) -> None:
    """Set any diffusers scheduler to K steps, starting from pure noise.

    Raises ValueError for K outside 1..T, and if the scheduler would fail, start far below T, or
    repeat a step, and so sample no image: with few steps, or nearly T, some do.
    """
    T, name = len(scheduler), type(scheduler).__name__
    if not 1 <= operator.index(K) <= T:
        raise ValueError(f"num_inference_steps must be in 1..{T}, the trained steps; got {K}.")
    if isinstance(
        scheduler, DDPMScheduler
    ):  # it supports every K, and reading timesteps back costs time
        scheduler.set_timesteps(K, device=device)
        return
    try:
        scheduler.set_timesteps(K, device=device)
    except (ValueError, IndexError, AssertionError, RuntimeError) as error:
        raise ValueError(f"{name} can't take {K} steps: {first_sentence(error)}.") from error
    times = scheduler.timesteps.tolist()
    has_betas = hasattr(scheduler, "alphas_cumprod")  # without, its timesteps are not t
    if has_betas and max(times) + T / K < 0.9 * T:
        raise ValueError(
            f"{name} would begin its {K} steps at t = {max(times):.0f} of {T}: give fewer"
            " num_inference_steps, or timestep_spacing trailing."
        )
    takes_each_once = scheduler.order == 1 and not isinstance(scheduler, diffusers.PNDMScheduler)
    if takes_each_once and len(set(times)) < len(times):
        raise ValueError(f"{name} would take one of its {K} steps twice: give fewer.")
