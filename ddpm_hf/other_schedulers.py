"""Running the pipeline with the other schedulers of diffusers."""

import inspect
import operator
from typing import Any

import diffusers
import torch

from ddpm_hf.errors import first_sentence
from ddpm_hf.scheduler import DDPMScheduler

LEARNED_VARIANCE = (DDPMScheduler, diffusers.DDPMScheduler, diffusers.DDPMParallelScheduler)
"""The schedulers that accept a learned variance; others are given the prediction only."""


def step_arguments(scheduler: Any, offered: dict[str, Any]) -> dict[str, Any]:
    """Those of the offered arguments that this scheduler's `step` accepts."""
    accepted = inspect.signature(scheduler.step).parameters
    return {name: value for name, value in offered.items() if name in accepted}


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
