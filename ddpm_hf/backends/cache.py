"""What is made from a network and kept beside it, until its weights change."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import torch

Made = TypeVar("Made")


def _weights_version(unet: Any) -> tuple[float, ...]:
    """Changes whenever a weight does: place, PyTorch's count of changes, and length of each.

    The count knows nothing of fused optimisers and of averages copied back, which the length shows.
    """
    weights = list(unet.parameters())
    # A weight made in inference mode has no count.
    counts = [0 if weight.is_inference() else weight._version for weight in weights]
    places = [weight.data_ptr() for weight in weights]
    lengths = torch.stack([weight.detach().norm(dtype=torch.float32) for weight in weights])
    return (*places, *counts, *lengths.tolist())


class NetworkCache(Generic[Made]):
    """One thing for each network: made when first asked for, and anew once a weight has changed.

    Hold `lock` for as long as what is kept is worked on; any number of threads may ask.
    """

    def __init__(self, make: Callable[[Any], Made]) -> None:
        self.lock, self._make = RLock(), make
        self._all: WeakKeyDictionary[Any, tuple[tuple[float, ...], Made]] = WeakKeyDictionary()

    def of(self, unet: Any) -> Made:
        """What was made from this network as it is now."""
        with self.lock:
            weights = _weights_version(unet)
            known = self._all.get(unet)
            if known is None or known[0] != weights:
                self._all[unet] = known = (weights, self._make(unet))
            return known[1]
