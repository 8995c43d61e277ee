"""What a pipeline must know of schedulers that are not ours."""

import inspect
import operator
from typing import Any

import diffusers
import torch

from ddpm_hf.errors import first_sentence
from ddpm_hf.scheduler import DDPMScheduler

TAKE_A_VARIANCE = (DDPMScheduler, diffusers.DDPMScheduler, diffusers.DDPMParallelScheduler)
"""The schedulers that take a learned variance; others are to have the prediction alone."""


def step_arguments(scheduler: Any, offered: dict[str, Any]) -> dict[str, Any]:
    """Those of the arguments that this scheduler's `step` takes."""
    taken = inspect.signature(scheduler.step).parameters
    return {name: value for name, value in offered.items() if name in taken}


def take_steps(scheduler: Any, K: int, device: torch.device | None = None) -> None:
    """Set any scheduler of diffusers to K steps from pure noise on.

    Raises ValueError for K outside 1..T, and where the scheduler would fail, begin far below T or
    take a step twice, of which it would make no picture: some do for few steps, or for nearly T.
    """
    T, name = len(scheduler), type(scheduler).__name__
    if not 1 <= operator.index(K) <= T:
        raise ValueError(f"num_inference_steps must be in 1..{T}, the trained steps; got {K}.")
    if isinstance(scheduler, DDPMScheduler):  # it can take any, and nothing need be read back
        scheduler.set_timesteps(K, device=device)
        return
    try:
        scheduler.set_timesteps(K, device=device)
    except (ValueError, IndexError, AssertionError, RuntimeError) as error:
        raise ValueError(f"{name} can't take {K} steps: {first_sentence(error)}.") from error
    times = scheduler.timesteps.tolist()
    knows_beta = hasattr(scheduler, "alphas_cumprod")  # else its t are of another kind
    if knows_beta and max(times) + T / K < 0.9 * T:
        raise ValueError(
            f"{name} would begin its {K} steps at t = {max(times):.0f} of {T}: give fewer"
            " num_inference_steps, or timestep_spacing trailing."
        )
    takes_each_once = scheduler.order == 1 and not isinstance(scheduler, diffusers.PNDMScheduler)
    if takes_each_once and len(set(times)) < len(times):
        raise ValueError(f"{name} would take one of its {K} steps twice: give fewer.")
