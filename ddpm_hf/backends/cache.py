"""A cache of objects derived from networks, such as compiled ones, until the weights change."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import torch

Derived = TypeVar("Derived")


def _weights_version(unet: Any) -> tuple[float, ...]:
    """Changes whenever a weight does: address, PyTorch's version counter and norm of each weight.

    Fused optimisers, and averages copied back, change the norms but not the counters.
    """
    weights = list(unet.parameters())
    # A weight created in inference mode has no version counter.
    counters = [0 if weight.is_inference() else weight._version for weight in weights]
    addresses = [weight.data_ptr() for weight in weights]
    norms = torch.stack([weight.detach().norm(dtype=torch.float32) for weight in weights])
    return (*addresses, *counters, *norms.tolist())


class DerivedCache(Generic[Derived]):
    """One derived object for each network: made on first use, and again after a weight has changed.

    Any number of threads may call `get`; hold `lock` while using a derived object that is not
    thread-safe itself.
    """

    def __init__(self, make: Callable[[Any], Derived]) -> None:
        self.lock, self._make = RLock(), make
        self._entries: WeakKeyDictionary[Any, tuple[tuple[float, ...], Derived]] = (
            WeakKeyDictionary()
        )

    def get(self, unet: Any) -> Derived:
        """The object derived from this network with its present weights."""
        with self.lock:
            version = _weights_version(unet)
            entry = self._entries.get(unet)
            if entry is None or entry[0] != version:
                self._entries[unet] = entry = (version, self._make(unet))
            return entry[1]
