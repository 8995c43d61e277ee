"""Being told to stop: SIGTERM, as spot machines send it, and Ctrl-C."""

import signal
from types import FrameType
from typing import Any

import torch
from accelerate import Accelerator


class StopRequest:
    """Inside `with`, a first signal is noted; a second one takes effect."""

    def __init__(self, accelerator: Accelerator) -> None:
        self.accelerator = accelerator
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "StopRequest":
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(number, self._before[number])

    def agreed(self) -> bool:
        """Whether any process was asked to stop. All processes must call this."""
        if self.accelerator.num_processes == 1:
            return self.asked
        asked = torch.tensor(float(self.asked), device=self.accelerator.device)
        return bool(self.accelerator.reduce(asked, "sum") > 0)
