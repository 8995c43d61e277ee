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
    """Standard normal noise of the sample's shape, device and dtype: that of `randn_tensor`.

    If generator and sample are on one device, diffusers' `randn_tensor` is not called, because its
    comparison of devices takes 2 µs, as much as a multiplication in a small step.
    """
    shape, device, dtype = sample.shape, sample.device, sample.dtype
    if isinstance(generator, torch.Generator) and generator.device == device:
        return torch.randn(shape, generator=generator, device=device, dtype=dtype)
    noise: Tensor = randn_tensor(shape, generator=generator, device=device, dtype=dtype)
    return noise
