"""Noise: of its own for each image, whatever else is drawn beside it; and that of a step."""

from collections.abc import Iterable

import numpy as np
import torch
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor


def image_generators(seed: int, numbers: Iterable[int]) -> list[torch.Generator]:
    """A generator for each image: its noise is a function of (seed, number) alone."""
    return [
        torch.Generator().manual_seed(
            int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])
        )
        for number in numbers
    ]


def noise_like(
    sample: Tensor, generator: torch.Generator | list[torch.Generator] | None = None
) -> Tensor:
    """Standard normal noise like the sample: diffusers' `randn_tensor`, bit by bit.

    That one compares devices first, which takes 2 µs, as much as a small step's multiplication.
    Where generator and sample are on one device it is not called.
    """
    shape, device, dtype = sample.shape, sample.device, sample.dtype
    if isinstance(generator, torch.Generator) and generator.device == device:
        return torch.randn(shape, generator=generator, device=device, dtype=dtype)
    noise: Tensor = randn_tensor(shape, generator=generator, device=device, dtype=dtype)
    return noise
