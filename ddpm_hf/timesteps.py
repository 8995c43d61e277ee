"""The steps that a run takes, and the weights of each.

Here diffusers' `timestep` (0..T−1, −1 for the clean image) becomes the paper's t = timestep + 1.
"""

import itertools
import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ddpm_hf.equations import (
    Weights,
    ddim_std,
    ddim_weights,
    posterior_var,
    posterior_weights,
    rates,
    second_order_weights,
)
from ddpm_hf.prediction import prediction_of
from ddpm_hf.schedules import NoiseSchedule

SPACINGS = ("leading", "linspace", "trailing", "quadratic")
SCHEDULE_SPACINGS = (*SPACINGS, "visible")
"""The last goes by the noise schedule."""


class StepWeights(NamedTuple):
    """The weights of one step t → s, computed in float64 when the timesteps were set.

    0-d tensors on the CPU: PyTorch multiplies by one in half the time that a float takes it.
    """

    timestep: int  # t, as diffusers counts
    prev_timestep: int  # s: −1 after the last step
    rates: Weights  # √ᾱ_t and √(1−ᾱ_t)
    mean: Weights  # of x_t and x̂_0 in μ
    second_order: Weights  # of x̂_0 and the x̂_0 before in what replaces x̂_0 in μ; 1, 0 without
    std_small: Tensor  # √β̃; both are DDIM's σ for a run with η
    std_large: Tensor  # √β, N12's upper bound

    @property
    def is_last(self) -> bool:
        """Whether this step ends at the clean image, s = 0, and so adds no noise."""
        return self.prev_timestep < 0

    @property
    def second_order_mean(self) -> tuple[Tensor, Tensor, Tensor]:
        """The weights of x_t, x̂_0 and the x̂_0 before in μ, in a step of second order."""
        (of_xt, of_x0), (now, before) = self.mean, self.second_order
        return of_xt, of_x0 * now, of_x0 * before


class StepPlan:
    """The timesteps of one run with the weights of each step. Never changed, only replaced."""

    def __init__(
        self,
        schedule: NoiseSchedule,
        prediction_type: str,
        timesteps: list[int],
        device: str | torch.device | None = None,
    ) -> None:
        """For diffusers' timesteps, strictly decreasing in 0..T−1."""
        self.schedule, self.prediction_type = schedule, prediction_type
        self.timesteps = torch.tensor(timesteps, device=device)
        self._index: dict[float, int] = {timestep: i for i, timestep in enumerate(timesteps)}
        self._rows: dict[tuple[torch.dtype, float | None], list[StepWeights]] = {}

    def _weights(self, dtype: torch.dtype, eta: float | None) -> list[StepWeights]:
        """The weights of every step: computed in float64, rounded once to the run's precision."""
        if (dtype, eta) not in self._rows:
            t = torch.tensor(list(self._index), device="cpu") + 1
            s = torch.cat([t[1:], t.new_zeros(1)])
            signal, noise = rates(self.schedule, t)
            least = prediction_of(self.prediction_type).least_signal
            signal = torch.where(signal > torch.finfo(torch.float32).tiny, signal, least)
            columns = (signal, noise, *self._mean_and_stds(s, t, eta), *self._second_order(s, t))
            with torch.inference_mode(False):  # else no later step could be differentiated
                table = torch.stack(columns, dim=1).to(dtype, copy=True).unbind()
            steps = zip((t - 1).tolist(), (s - 1).tolist(), map(torch.unbind, table), strict=True)
            self._rows[dtype, eta] = [
                StepWeights(timestep, prev_timestep, (a, b), (c, d), (e, f), small, large)
                for timestep, prev_timestep, (a, b, c, d, small, large, e, f) in steps
            ]
        return self._rows[dtype, eta]

    def _mean_and_stds(self, s: Tensor, t: Tensor, eta: float | None) -> tuple[Tensor, ...]:
        """The weights of the mean, and σ by both of N12's bounds, or DDIM's."""
        if eta is None:
            var_small, var_large = posterior_var(self.schedule, s, t), self.schedule.beta(s, t)
            return *posterior_weights(self.schedule, s, t), var_small.sqrt(), var_large.sqrt()
        if not 0 <= eta <= 1:
            raise ValueError(f"eta must be in 0..1; got {eta}.")
        std = ddim_std(self.schedule, s, t, eta)
        return *ddim_weights(self.schedule, s, t, eta), std, std

    def _second_order(self, s: Tensor, t: Tensor) -> Weights:
        """`second_order_weights`, but 1 and 0 in the first step and the last.

        Before the first there is no x̂_0; at s = 0, λ is infinite.
        """
        before = torch.cat([t[:1], t[:-1]])
        has_both = (before > t) & (s > 0)
        of_x0, of_x0_before = second_order_weights(self.schedule, s, t, before)
        return torch.where(has_both, of_x0, 1.0), torch.where(has_both, of_x0_before, 0.0)

    def at(
        self,
        timestep: int | Tensor,
        dtype: torch.dtype = torch.float64,
        eta: float | None = None,
    ) -> StepWeights:
        """The weights of the step from `timestep`, an int or a 0-d tensor: DDPM's, or DDIM's of η.

        A tensor on a GPU has to be read, and so waits for all work there to end; an int does not.
        Raises ValueError for a timestep that is not of this run, an unknown `prediction_type`, or
        an `eta` outside 0..1.
        """
        index = self._index.get(timestep.item() if isinstance(timestep, Tensor) else timestep)
        if index is None:
            raise ValueError(f"timestep {timestep} is not among those set; see set_timesteps.")
        return self._weights(dtype, eta)[index]


def spaced_timesteps(T: int, K: int, spacing: str, steps_offset: int = 0) -> list[int]:
    """K of diffusers' timesteps, strictly decreasing in 0..T−1.

    As in diffusers, with these corrections: `leading` spreads the steps evenly where diffusers'
    stride T//K would leave out whole strides at the noisy end; `trailing` gives exactly K; a single
    step starts from pure noise, at T − 1; the offset never leads past T − 1. `quadratic`, which
    diffusers lacks, takes smaller steps near the image (DDIM, Song et al. 2021, appendix D.2).
    Raises ValueError for K outside 1..T or an unknown spacing, TypeError for a K that is not whole.
    """
    if not 1 <= operator.index(K) <= T:
        raise ValueError(f"num_inference_steps must be in 1..{T}, the trained steps; got {K}.")
    i = np.arange(K)
    t: NDArray[Any]
    if spacing == "leading":
        t = i * (T // K) if T % K < T // K else i * T // K
        t = t[::-1] + min(steps_offset if K > 1 else T, T - 1 - int(t[-1]))
    elif spacing == "trailing":
        t = np.round(np.arange(T, 0, -(T / K))[:K]) - 1
    elif spacing == "linspace":
        t = np.linspace(0 if K > 1 else T - 1, T - 1, K).round()[::-1]
    elif spacing == "quadratic":
        squares = np.round(T * ((i + 1) / K) ** 2).astype(np.int64) - 1
        t = np.maximum(squares, i)[::-1]  # of many steps, the first squares would coincide
    else:
        raise ValueError(
            f"timestep_spacing must be {', '.join(SCHEDULE_SPACINGS)}; got {spacing!r}."
        )
    return [int(x) for x in t]


def scheduled_timesteps(
    schedule: NoiseSchedule, K: int, spacing: str, steps_offset: int = 0
) -> list[int]:
    """`spaced_timesteps` of a schedule; `visible` is `trailing` from the last t that shows x_0.

    Above it no step has anything to decide. More steps than there are below begin higher.
    """
    T = schedule.T
    if spacing == "visible":
        spacing, T = "trailing", min(T, max(K, schedule.last_visible()))
    return spaced_timesteps(T, K, spacing, steps_offset)


def checked_timesteps(timesteps: Sequence[int], T: int) -> list[int]:
    """Custom timesteps as a list. Raises ValueError unless strictly decreasing whole numbers in
    0..T−1.
    """
    steps = [int(t) for t in timesteps]
    falling = steps == list(timesteps) and all(a > b for a, b in itertools.pairwise(steps))
    if not steps or not falling or steps[0] >= T or steps[-1] < 0:
        raise ValueError(f"timesteps must be strictly decreasing whole numbers in 0..{T - 1}.")
    return steps
