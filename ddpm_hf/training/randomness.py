"""The random draws of training, each a function of (seed, step, position in the global batch).

A counter-based generator (Philox) is keyed by the seed, and its counter starts at (step, position),
so any draw can be repeated without those before it. A resumed run, or one on another number of
processes, sees the same images, timesteps and noise.
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
from ddpm_hf.training.config import TrainConfig

_ORDER, _TRAINING, _VALIDATION = 0, 1, 2
"""Streams of randomness: the order of the images, and the draws for one image."""


def generator(seed: int, stream: int, step: int, position: int = 0) -> np.random.Generator:
    """The generator for one place in the run."""
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, stream, step, position]))


@lru_cache(maxsize=2)
def _permutation(seed: int, epoch: int, n: int) -> NDArray[np.int64]:
    return generator(seed, _ORDER, epoch).permutation(n)


def image_index(seed: int, n: int, place: int) -> int:
    """Which of n images stands at `place` in the endless sequence of shuffled epochs."""
    epoch, offset = divmod(place, n)
    return int(_permutation(seed, epoch, n)[offset])


class Batch(NamedTuple):
    """Images of one process with the draws of Algorithm 1 (N15)."""

    x_0: Tensor  # float32 in [−1, 1], (batch, channels, height, width)
    t: Tensor  # the paper's t, 1..T, (batch,)
    epsilon: Tensor  # N(0, I), like x_0
    labels: Tensor  # classes, (batch,); zeros without classes
    bound_weight: Tensor  # 1/(T·p(t)), p being how often t is drawn, (batch,)

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device; the copy runs while the CPU goes on."""
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))


@dataclass(frozen=True)
class BatchRandomness:
    """How the draws of a run are made.

    T: diffusion steps. resolution: the side of the random square crop. random_flip: mirror with
    probability ½. class_dropout: the probability that `null_class` replaces an image's class.
    logit: mean and standard deviation of logit(t/T), for logit-normal instead of uniform timesteps.
    half_uniform: every second one is uniform nevertheless, for what needs all t.
    """

    seed: int
    T: int
    resolution: int
    random_flip: bool = False
    class_dropout: float = 0.0
    null_class: int | None = None
    logit: tuple[float, float] | None = None
    half_uniform: bool = False

    @classmethod
    def configured(
        cls, config: TrainConfig, T: int, null_class: int | None, learned_variance: bool
    ) -> "BatchRandomness":
        """As the configuration asks for it."""
        logit_normal = config.timestep_sampling == "logit_normal"
        return cls(
            config.seed,
            T,
            config.resolution,
            config.random_flip,
            config.class_dropout,
            null_class,
            (config.logit_mean, config.logit_std) if logit_normal else None,
            learned_variance,
        )

    def training_batch(self, step: int, positions: range, examples: Iterable[Example]) -> Batch:
        """Lines 2 to 4 of Algorithm 1 for these positions of a step's global batch."""
        return self._batch(_TRAINING, step, positions, examples)

    def validation_batch(self, positions: range, examples: Iterable[Example]) -> Batch:
        """Validation images as they are, with the same t and ε each time."""
        plain = replace(self, random_flip=False, class_dropout=0.0, logit=None)
        return plain._batch(_VALIDATION, 0, positions, examples)

    def _timestep(self, rng: np.random.Generator) -> int:
        """t in 1..T: uniform (N15), or logit-normal (Esser et al. 2024, section 3.1)."""
        if self.logit is None or (self.half_uniform and rng.random() < 0.5):
            return int(rng.integers(1, self.T + 1))
        fraction = 1 / (1 + np.exp(-rng.normal(*self.logit)))  # t/T
        return int(np.ceil(fraction * self.T).clip(1, self.T))

    def bound_weight(self, t: Tensor) -> Tensor:
        """1/(T·p(t)), with which a mean over the draws estimates that over all t: float32, like t.

        At most 2 if half of the draws are uniform (defensive importance sampling, Hesterberg 1995):
        the logit-normal alone draws t = 1 so rarely that its weight would be 10⁴ and more.
        """
        if self.logit is None:
            return torch.ones(t.shape)
        mean, std = self.logit
        below, above = (((t - i) / self.T).double().logit() for i in (1, 0))
        p: Tensor = torch.special.ndtr((above - mean) / std) - torch.special.ndtr(
            (below - mean) / std
        )
        if self.half_uniform:
            p = (p + 1 / self.T) / 2
        return (1 / (self.T * p)).float()

    def _batch(
        self, stream: int, step: int, positions: range, examples: Iterable[Example]
    ) -> Batch:
        crops, timesteps, noises, labels = [], [], [], []
        for position, (image, label) in zip(positions, examples, strict=True):
            rng = generator(self.seed, stream, step, position)
            timesteps.append(self._timestep(rng))
            crop = random_square(image, self.resolution, rng)
            crops.append(crop.flip(-1) if self.random_flip and rng.random() < 0.5 else crop)
            shape = tuple(crop.shape)
            noises.append(torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)))
            dropped = self.null_class is not None and rng.random() < self.class_dropout
            labels.append(self.null_class if dropped else label)
        t = torch.tensor(np.array(timesteps))
        drawn = to_unit_range(crops), t, torch.stack(noises), torch.tensor(labels)
        return Batch(*drawn, self.bound_weight(t))
