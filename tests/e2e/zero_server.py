"""app.py as on ZeroGPU, by the real package `spaces`, on a machine without a GPU.

The package's emulation of CUDA at the start, its forked workers and its client run as they are.
What needs a card is left out: a worker does not open one, and finds its weights in memory. Prints
which handlers get a GPU, and which run a model; and how many bytes are to be moved to the GPU.
"""

import gc
import json
import runpy
import sys

import gradio
import torch

# What the builds for a card have, and those for a CPU have not.
torch.version.cuda, torch._C._cuda_init, torch.cuda._is_in_bad_fork = "13.0", None, bool

import spaces  # noqa: E402, F401
from spaces.zero import decorator  # noqa: E402
from spaces.zero import torch as emulation  # noqa: E402
from spaces.zero.torch.patching import cuda_aliases  # noqa: E402

sys.modules["openvino"] = None  # a ZeroGPU Space has none
held = []
pack = emulation.pack


def pack_and_hold():
    """To disk, as the package does it when the page starts."""
    (page,) = (it for it in gc.get_objects() if isinstance(it, gradio.Blocks) and it.fns)
    handlers = page.fns.values()
    lent = sorted(h.__name__ for h in set(decorator.decorated_cache.values()))
    shared = sorted(f.fn.__name__ for f in handlers if f.concurrency_id == "model")
    held.extend(cuda_aliases.items())
    print(json.dumps({"lent": lent, "shared": shared, "packed": pack()}), flush=True)


def move(callback=None):
    """The weights of the emulation's tensors, from before they were packed."""
    for fake, original in held:
        fake.data = original


emulation.pack, emulation.init, emulation.move = pack_and_hold, lambda _: None, move
sys.path.insert(0, ".")
runpy.run_path("app.py", run_name="__main__")
