"""Random noise: for each image independently of the batch, and for a sampling step."""

from collections.abc import Iterable

import numpy as np
import torch
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from ddpm_hf.equations import interpolate_noise


def image_generators(seed: int, indices: Iterable[int]) -> list[torch.Generator]:
    """A generator for each image: its noise is a function of (seed, index) only."""
    return [
        torch.Generator().manual_seed(
            int(np.random.SeedSequence([seed, index]).generate_state(1, np.uint64)[0])
        )
        for index in indices
    ]


class NoiseBetween:
    """The noise of a run, each time between that of two seeds: for each image at its own weight.

    Where the weight is 0 or 1, it is that of a generator with the first or second seed.
    """

    def __init__(self, seeds: tuple[int, int], weights: Tensor) -> None:
        """weights: (images,), each in 0..1."""
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._weights = weights

    def like(self, sample: Tensor) -> Tensor:
        """Noise of the sample's shape, device and dtype."""
        one, w = (1, *sample.shape[1:]), self._weights.reshape(-1, *(1,) * (sample.ndim - 1))
        x, y = (torch.randn(one, generator=g, dtype=sample.dtype) for g in self._generators)
        return interpolate_noise(w, x, y).to(sample)


Generators = torch.Generator | list[torch.Generator] | NoiseBetween | None


def noise_like(sample: Tensor, generator: Generators = None) -> Tensor:
    """Standard normal noise of the sample's shape, device and dtype."""
    if isinstance(generator, NoiseBetween):
        return generator.like(sample)
    noise: Tensor = randn_tensor(
        sample.shape, generator=generator, device=sample.device, dtype=sample.dtype
    )
    return noise
