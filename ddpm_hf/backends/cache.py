"""A cache of objects derived from networks, such as compiled ones, until the network changes."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from ddpm_hf.backends.identity import fingerprint

Derived = TypeVar("Derived")


class DerivedCache(Generic[Derived]):
    """One derived object for each network: made on first use, and again after it has changed.

    Any number of threads may call `get`; hold `lock` while using a derived object that is not
    thread-safe itself.
    """

    def __init__(self, make: Callable[[Any], Derived]) -> None:
        self.lock, self._make = RLock(), make
        self._entries: WeakKeyDictionary[Any, tuple[str, Derived]] = WeakKeyDictionary()

    def get(self, unet: Any) -> Derived:
        """The object derived from this network as it is now."""
        with self.lock:
            now = fingerprint(unet)
            entry = self._entries.get(unet)
            if entry is None or entry[0] != now:
                self._entries[unet] = entry = (now, self._make(unet))
            return entry[1]
