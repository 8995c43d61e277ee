"""Which steps a run takes, and the weights of each.

Here diffusers' `timestep` (0..T−1, −1 for the clean picture) becomes the paper's t = timestep + 1.
"""

import itertools
import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ddpm_hf.equations import NoiseSchedule, posterior_var, posterior_weights

SPACINGS = ("leading", "linspace", "trailing", "quadratic")


class StepWeights(NamedTuple):
    """The numbers of one step t → s, worked out in float64 when the timesteps were set.

    0-d tensors on the CPU: PyTorch multiplies by one in half the time that a float takes it.
    """

    prev_timestep: int  # s, as diffusers counts: −1 after the last step
    sqrt_alpha_bar: Tensor  # √ᾱ_t
    divisor: Tensor  # √ᾱ_t, or what stands in where that is 0
    sqrt_noise_var: Tensor  # √(1−ᾱ_t)
    weight_xt: Tensor  # (N9)
    weight_x0: Tensor  # (N9)
    std_small: Tensor  # √β̃ (N8)
    std_large: Tensor  # √β (N12)

    @property
    def is_last(self) -> bool:
        """Whether this step ends at the clean picture, s = 0: no noise is added (N11)."""
        return self.prev_timestep < 0


class StepPlan:
    """The timesteps of one run with the weights of each step. Never changed, only replaced."""

    def __init__(
        self,
        schedule: NoiseSchedule,
        timesteps: list[int],
        device: str | torch.device | None = None,
    ) -> None:
        """For diffusers' timesteps, strictly decreasing in 0..T−1."""
        self.timesteps = torch.tensor(timesteps, device=device)
        self._index: dict[float, int] = {timestep: i for i, timestep in enumerate(timesteps)}
        t = torch.tensor(timesteps) + 1
        s = torch.cat([t[1:], torch.zeros(1, dtype=torch.long)])
        self._prev_timesteps = (s - 1).tolist()
        weight_xt, weight_x0 = posterior_weights(schedule, s, t)
        root = schedule.alpha_bar(t).sqrt()
        columns = (
            root,
            # Where ᾱ_t is 0 in float32, nothing is left to divide by; 2⁻²⁴ is what diffusers' other
            # schedulers take.
            torch.where(root > torch.finfo(torch.float32).tiny, root, 2.0**-12),
            schedule.noise_var(t).sqrt(),
            weight_xt,
            weight_x0,
            posterior_var(schedule, s, t).sqrt(),
            schedule.beta(s, t).sqrt(),
        )
        self._table = torch.stack(columns, dim=1)
        self._weights: dict[torch.dtype, list[StepWeights]] = {}

    def _rows(self, dtype: torch.dtype) -> list[StepWeights]:
        """The weights of every step, rounded once to the run's precision."""
        if dtype not in self._weights:
            with torch.inference_mode(False):  # else no later step could be differentiated
                rows = self._table.to(dtype, copy=True).unbind()
            self._weights[dtype] = [
                StepWeights(s, *row.unbind())
                for s, row in zip(self._prev_timesteps, rows, strict=True)
            ]
        return self._weights[dtype]

    def at(self, timestep: int | Tensor, dtype: torch.dtype = torch.float64) -> StepWeights:
        """The weights of the step from `timestep`, an int or a 0-d tensor.

        A view of `timesteps`, such as a loop over it gives, has its place in its offset. So nothing
        is read back from a GPU, which would have to wait for all work to end.
        Raises ValueError for a timestep that is not of this run.
        """
        if isinstance(timestep, Tensor) and not timestep.is_cpu:
            ours, theirs = self.timesteps.untyped_storage(), timestep.untyped_storage()
            if ours.data_ptr() == theirs.data_ptr():
                return self._rows(dtype)[timestep.storage_offset()]
        index = self._index.get(timestep.item() if isinstance(timestep, Tensor) else timestep)
        if index is None:
            raise ValueError(f"timestep {timestep} is not among those set; see set_timesteps.")
        return self._rows(dtype)[index]


def spaced_timesteps(T: int, K: int, spacing: str, steps_offset: int = 0) -> list[int]:
    """K of diffusers' timesteps, strictly decreasing in 0..T−1.

    As stock's, with these mended: `leading` spreads the steps evenly where stock's stride T//K
    would leave out whole strides at the noisy end; `trailing` gives exactly K; a single
    step starts from pure noise, at T − 1; the offset never leads past T − 1. `quadratic`, which
    stock has not, takes smaller steps near the picture (DDIM, Song et al. 2021, appendix D.2).
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
        raise ValueError(f"timestep_spacing must be {', '.join(SPACINGS)}; got {spacing!r}.")
    return [int(x) for x in t]


def checked_timesteps(timesteps: Sequence[int], T: int) -> list[int]:
    """Custom timesteps as a list. Raises ValueError unless strictly decreasing whole numbers in
    0..T−1.
    """
    steps = [int(t) for t in timesteps]
    falling = steps == list(timesteps) and all(a > b for a, b in itertools.pairwise(steps))
    if not steps or not falling or steps[0] >= T or steps[-1] < 0:
        raise ValueError(f"timesteps must be strictly decreasing whole numbers in 0..{T - 1}.")
    return steps
