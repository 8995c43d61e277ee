"""What chance decides in training, as a function of (seed, step, position in the global batch).

A counter-based generator (Philox) is keyed by the seed and started at a counter made of step and
position, so every draw can be had again without drawing those before it. A resumed run, or a run
on another number of processes, sees the same samples, timesteps and noise.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ddpm_hf.data.examples import Example
from ddpm_hf.data.images import random_square, to_unit_range

_ORDER, _TRAINING, _VALIDATION = 0, 1, 2
"""Streams of randomness: the order of the pictures, and what happens to one picture."""


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
    """One process's share of a batch: what Algorithm 1 draws (N15)."""

    x_0: Tensor  # float32 in [−1, 1], (batch, channels, height, width)
    t: Tensor  # the paper's t, 1..T, (batch,)
    epsilon: Tensor  # N(0, I), like x_0
    labels: Tensor  # classes, (batch,); zeros where there are none

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device, sent there without waiting."""
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))


@dataclass(frozen=True)
class BatchRandomness:
    """The draws of one run.

    T: diffusion steps. resolution: the side of the squares cut out. random_flip: mirror by chance.
    class_dropout: the chance that a picture's class is hidden. null_class: what stands there then.
    logit: mean and standard deviation of logit(t/T), for a t that is not uniform.
    """

    seed: int
    T: int
    resolution: int
    random_flip: bool = False
    class_dropout: float = 0.0
    null_class: int | None = None
    logit: tuple[float, float] | None = None

    def training(self, step: int, positions: range, examples: Iterable[Example]) -> Batch:
        """Lines 2 to 4 of Algorithm 1 for these positions of a step's global batch."""
        return self._batch(_TRAINING, step, positions, examples)

    def validation(self, positions: range, examples: Iterable[Example]) -> Batch:
        """The same t and ε for a picture of the validation split at each measurement."""
        as_they_are = replace(self, random_flip=False, class_dropout=0.0, logit=None)
        return as_they_are._batch(_VALIDATION, 0, positions, examples)

    def _timestep(self, rng: np.random.Generator) -> int:
        """t in 1..T: uniform (N15), or logit-normal (Esser et al. 2024, section 3.1)."""
        if self.logit is None:
            return int(rng.integers(1, self.T + 1))
        share = 1 / (1 + np.exp(-rng.normal(*self.logit)))  # of T, in (0, 1)
        return int(np.ceil(share * self.T).clip(1, self.T))

    def _batch(
        self, stream: int, step: int, positions: range, examples: Iterable[Example]
    ) -> Batch:
        crops, timesteps, noises, labels = [], [], [], []
        for position, (picture, label) in zip(positions, examples, strict=True):
            rng = generator(self.seed, stream, step, position)
            timesteps.append(self._timestep(rng))
            crop = random_square(picture, self.resolution, rng)
            crops.append(crop.flip(-1) if self.random_flip and rng.random() < 0.5 else crop)
            shape = tuple(crop.shape)
            noises.append(torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)))
            hidden = self.null_class is not None and rng.random() < self.class_dropout
            labels.append(self.null_class if hidden else label)
        t = torch.tensor(np.array(timesteps))
        return Batch(to_unit_range(crops), t, torch.stack(noises), torch.tensor(labels))
