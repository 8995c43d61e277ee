"""The bounds of a run's controls, for the page: it refuses nothing that the server would take.

The server has them, too: see `service.limits`.
"""

from collections.abc import Iterable
from typing import Any

from ddpm_hf.demo.texts import EN, ZH

Bound = dict[str, Any]
"""What `bounds.js` reads: a `kind`, one of "whole", "number" and "choice", and its values."""


def _bound(kind: str, label: str, **values: Any) -> Bound:
    """label: the key of the control's name, or the name itself."""
    name = {"en": EN.get(label, label), "zh": ZH.get(label, label)}
    return {"kind": kind, "name": name, **values}


def whole(label: str, low: int, high: int) -> Bound:
    """A whole number in low..high."""
    return _bound("whole", label, low=low, high=high)


def number(label: str, low: float, high: float) -> Bound:
    """A number in low..high."""
    return _bound("number", label, low=low, high=high)


def choice(label: str, known: Iterable[str]) -> Bound:
    """One of the known words."""
    return _bound("choice", label, known=list(known))
