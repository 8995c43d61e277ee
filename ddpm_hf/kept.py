"""What is made from a network and kept beside it, until its weights change."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

Made = TypeVar("Made")


def _weights_version(unet: Any) -> tuple[int, ...]:
    """Changes whenever a weight does, unless it is written to through `.data`."""
    return tuple(n for p in unet.parameters() for n in (p.data_ptr(), p._version))


class Kept(Generic[Made]):
    """One thing for each network: made when first asked for, and anew once a weight has changed.

    Hold `lock` for as long as what is kept is worked on; any number of threads may ask.
    """

    def __init__(self, make: Callable[[Any], Made]) -> None:
        self.lock, self._make = RLock(), make
        self._all: WeakKeyDictionary[Any, tuple[tuple[int, ...], Made]] = WeakKeyDictionary()

    def of(self, unet: Any) -> Made:
        """What was made from this network as it is now."""
        with self.lock:
            weights = _weights_version(unet)
            known = self._all.get(unet)
            if known is None or known[0] != weights:
                self._all[unet] = known = (weights, self._make(unet))
            return known[1]
