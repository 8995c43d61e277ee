"""Requests to stop: SIGTERM, as spot machines send it, and Ctrl-C."""

import signal
from types import FrameType
from typing import Any

from accelerate import Accelerator

from ddpm_hf.distributed import on_any


class StopRequest:
    """Inside `with`, the first signal is recorded, and the second takes its usual effect."""

    def __init__(self, accelerator: Accelerator) -> None:
        self.accelerator = accelerator
        self.received = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "StopRequest":
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._record)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _record(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        signal.signal(number, self._before[number])

    def on_any_process(self) -> bool:
        """Whether any process has received a signal. All processes must call this."""
        return on_any(self.accelerator, self.received)
