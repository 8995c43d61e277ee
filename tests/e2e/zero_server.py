"""app.py as on ZeroGPU, by the real package `spaces`, on a machine without a GPU.

The package's emulation of CUDA, its forked workers and its client run as they are. Only what needs a
card is not done: a worker does not touch one, and finds its weights in memory, not on the card.
"""

import runpy
import sys

import torch

# What the builds for a card have, and those for a CPU have not.
torch.version.cuda, torch._C._cuda_init, torch.cuda._is_in_bad_fork = "13.0", None, bool

import spaces  # noqa: F401
from spaces.zero import torch as emulation
from spaces.zero.torch.patching import cuda_aliases

sys.modules["openvino"] = None  # a ZeroGPU Space has none
held = []
pack = emulation.pack


def pack_and_hold():
    """To disk, as the package does it when the page starts."""
    held.extend(cuda_aliases.items())
    print(f"packed {pack()} bytes", flush=True)
    return 0


def move(callback=None):
    """The weights of the emulation's tensors, from before they were packed."""
    for fake, original in held:
        fake.data = original


emulation.pack, emulation.init, emulation.move = pack_and_hold, lambda _: None, move
sys.path.insert(0, ".")
runpy.run_path("app.py", run_name="__main__")
