"""What chance decides in training, as a function of (seed, step, position in the global batch).

A counter-based generator (Philox) is keyed by the seed and started at a counter made of step and
position, so every draw can be had again without drawing those before it. A resumed run, or a run
on another number of processes, sees the same samples, timesteps and noise.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ddpm_hf.data import Pictures, to_unit_range

_ORDER, _SAMPLE = 0, 1
"""Streams: the order of the pictures, and what happens to one picture."""


def generator(seed: int, stream: int, step: int, position: int = 0) -> np.random.Generator:
    """A generator of its own for one place in the run."""
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, stream, step, position]))


@lru_cache(maxsize=2)
def _permutation(seed: int, epoch: int, n: int) -> NDArray[np.int64]:
    return generator(seed, _ORDER, epoch).permutation(n)


def picture_index(seed: int, n: int, place: int) -> int:
    """Which of n pictures stands at `place` in the endless run through shuffled epochs."""
    epoch, offset = divmod(place, n)
    return int(_permutation(seed, epoch, n)[offset])


class Batch(NamedTuple):
    """One process's share of a global batch: what Algorithm 1 draws (N15)."""

    x_0: Tensor  # float32 in [−1, 1], (batch, channels, height, width)
    t: Tensor  # the paper's t, 1..T, (batch,)
    epsilon: Tensor  # N(0, I), like x_0


def draw_batch(
    pictures: Pictures,
    T: int,
    *,
    seed: int,
    step: int,
    positions: range,
    global_batch_size: int,
    random_flip: bool = False,
) -> Batch:
    """Lines 2 to 4 of Algorithm 1 for these positions of the global batch of a step."""
    crops, timesteps, noises = [], [], []
    for position in positions:
        rng = generator(seed, _SAMPLE, step, position)
        timesteps.append(rng.integers(1, T + 1))
        index = picture_index(seed, len(pictures), step * global_batch_size + position)
        crop = pictures.crop(index, rng)
        crops.append(crop.flip(-1) if random_flip and rng.random() < 0.5 else crop)
        noises.append(torch.from_numpy(rng.standard_normal(tuple(crop.shape), dtype=np.float32)))
    return Batch(to_unit_range(crops), torch.tensor(np.array(timesteps)), torch.stack(noises))
