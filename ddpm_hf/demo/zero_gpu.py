"""ZeroGPU, the Hub's GPUs on loan: a run gets one where the package `spaces` is present.

`spaces` must be imported before torch and Gradio; so this is the first import of the demo.
"""

from importlib.util import find_spec
from typing import Any

SECONDS = 120
"""How long a run may keep the GPU."""

if find_spec("spaces"):
    import spaces


def on_gpu(handlers: Any, concurrency_id: str) -> None:
    """Have the events of one concurrency group run on the GPU, where there is one to lend."""
    if find_spec("spaces"):
        for handler in handlers:
            if handler.concurrency_id == concurrency_id:
                handler.fn = spaces.GPU(handler.fn, duration=SECONDS)
