"""Noise of its own for each image, whatever else is drawn beside it."""

from collections.abc import Iterable

import numpy as np
import torch


def image_generators(seed: int, numbers: Iterable[int]) -> list[torch.Generator]:
    """A generator for each image: its noise is a function of (seed, number) alone."""
    return [
        torch.Generator().manual_seed(
            int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])
        )
        for number in numbers
    ]
