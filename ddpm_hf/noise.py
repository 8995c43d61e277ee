"""Random noise: for each image its own, whatever the batch; and for a sampling step."""

from collections.abc import Iterable

import numpy as np
import torch
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor


def image_generators(seed: int, indices: Iterable[int]) -> list[torch.Generator]:
    """A generator for each image: its noise is a function of (seed, index) only."""
    return [
        torch.Generator().manual_seed(
            int(np.random.SeedSequence([seed, index]).generate_state(1, np.uint64)[0])
        )
        for index in indices
    ]


def noise_like(
    sample: Tensor, generator: torch.Generator | list[torch.Generator] | None = None
) -> Tensor:
    """Standard normal noise of the sample's shape, device and dtype."""
    noise: Tensor = randn_tensor(
        sample.shape, generator=generator, device=sample.device, dtype=sample.dtype
    )
    return noise
