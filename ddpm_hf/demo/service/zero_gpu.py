"""ZeroGPU, the Hub's GPUs on loan: a run gets one where the package `spaces` is present.

`spaces` must be imported before torch and Gradio; so this is among the demo's first imports.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeVar

SECONDS = 120
"""How long a run may keep the GPU."""

if find_spec("spaces"):
    import spaces

Handler = TypeVar("Handler", bound=Callable[..., object])


def on_gpu(handler: Handler) -> Handler:
    """The handler, run on a GPU where there is one to lend; it may run in a forked process."""
    if not find_spec("spaces"):
        return handler
    lent: Handler = spaces.GPU(handler, duration=SECONDS)
    return lent
