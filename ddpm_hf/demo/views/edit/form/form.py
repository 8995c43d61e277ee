"""What is to be edited and how: the kind, the mask, where the run starts, and its seeds."""

import base64
from pathlib import Path
from typing import Any

from ddpm_hf.demo.views.edit.strings import FORM
from ddpm_hf.demo.web.page import Page
from ddpm_hf.demo.web.picture.picture import first
from ddpm_hf.schedules import NoiseSchedule

KINDS = ("start", "repaint", "pictures", "seeds")
LEAST_T, MOST_TIMES = 50, 5
"""t goes in steps of `LEAST_T`; each stretch of a repainted run is drawn so many times at most."""


def first_value(side: int, schedule: NoiseSchedule) -> dict[str, Any]:
    """The form's value when the page opens."""
    lower = bytes(side * (side // 2)) + b"\1" * (side * (side - side // 2))
    return {
        "kind": "start",
        "t": min(700, schedule.T // LEAST_T * LEAST_T),
        "times": 3,
        "seed": 0,
        "other": 1,
        "fast": False,
        "mask": base64.b64encode(lower).decode(),
    }


class Form(Page):
    """The controls of the Edit view. Its value is an object, each choice an `input` event.

    kind: of `KINDS`. t, times, seed, other: numbers. fast: true or false. mask: base64
    of side × side bytes, 1 where the picture is drawn anew.
    """

    def __init__(self, elem_id: str, side: int, schedule: NoiseSchedule) -> None:
        times = range(LEAST_T, schedule.T + 1, LEAST_T)
        signals = [round(float(schedule.alpha_bar(t).sqrt()), 5) for t in times]
        super().__init__(
            Path(__file__).parent,
            FORM,
            first_value(side, schedule),
            side=side,
            signals=signals,
            step=LEAST_T,
            mostTimes=MOST_TIMES,
            picture=first(side),
            elem_id=elem_id,
        )
