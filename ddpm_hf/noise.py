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
    """Standard normal noise like the sample: diffusers' `randn_tensor`, bit for bit."""
    noise: Tensor = randn_tensor(
        sample.shape, generator=generator, device=sample.device, dtype=sample.dtype
    )
    return noise
