"""ZeroGPU, the Hub's shared GPUs: a run is given one where the package `spaces` is installed.

`spaces` must be imported before torch and Gradio; so this is among the demo's first imports.
"""

import math
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

SECONDS_TO_BEGIN, SECONDS_A_STEP = 2.0, 0.015
"""To move the network to the GPU, and for one step of up to 16 images in plain PyTorch."""
MOST_SECONDS = 80
"""The Hub counts what is asked for 1.5 times, and gives an anonymous visitor 120 seconds a day."""

ON_ZERO_GPU = False
"""Whether GPUs are lent here. What is on "cuda" when the page starts is then on each of them."""
if find_spec("spaces"):
    import spaces
    from spaces.config import Config

    ON_ZERO_GPU = Config.zero_gpu

Handler = TypeVar("Handler", bound=Callable[..., object])


def seconds_for(steps: Any) -> int:
    """How long a run of so many steps may hold the GPU; short for what is no number of steps.

    Asked for before the run, out of the visitor's daily allowance.
    """
    known = steps if isinstance(steps, int | float) and 0 <= steps < math.inf else 0
    return min(MOST_SECONDS, math.ceil(SECONDS_TO_BEGIN + SECONDS_A_STEP * known))


def on_gpu(handler: Handler, steps: Callable[..., Any]) -> Handler:
    """The handler, run on a shared GPU if there is one, perhaps in a forked process.

    steps: takes the handler's arguments; how many steps of the network they ask for.
    """
    if not find_spec("spaces"):
        return handler
    lent: Handler = spaces.GPU(
        handler, duration=lambda *args, **kwargs: seconds_for(steps(*args, **kwargs))
    )
    return lent
