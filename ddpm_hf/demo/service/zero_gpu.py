"""ZeroGPU, the Hub's shared GPUs: a run is given one where the package `spaces` is installed.

`spaces` must be imported before torch and Gradio; so this is among the demo's first imports.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeVar

SECONDS = 120
"""The longest time that a run holds the GPU."""

if find_spec("spaces"):
    import spaces

Handler = TypeVar("Handler", bound=Callable[..., object])


def on_gpu(handler: Handler) -> Handler:
    """The handler, run on a shared GPU if there is one, perhaps in a forked process."""
    if not find_spec("spaces"):
        return handler
    lent: Handler = spaces.GPU(handler, duration=SECONDS)
    return lent
