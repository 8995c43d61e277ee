"""The demo in this process, on a network of 8 × 8 pixels that a test slows down, holds and counts.

So no test needs a run to be long: it lasts until it is let go.
"""

import threading
from collections import Counter

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.demo import LAUNCH, build
from tests.conftest import tiny_unet

SLOW_SECONDS = 0.02
"""A slowed call takes at least this; then some calls go by between two messages to the page."""


class Network:
    """What stands before each call of the network.

    calls: batch size → how many calls were made, so that runs of different size can be told apart.
    """

    def __init__(self):
        self.calls = Counter()
        self._changed = threading.Condition()
        self._may_pass = self._is_slow = None
        self.run()

    def run(self):
        """Let all calls pass at once."""
        self._set(may_pass=True, is_slow=False)

    def slow(self):
        """Let each call take its time: 2000 steps take 40 s on any machine."""
        self._set(may_pass=True, is_slow=True)

    def hold(self):
        """Let none pass."""
        self._set(may_pass=False, is_slow=False)

    def _set(self, may_pass, is_slow):
        with self._changed:
            self._may_pass, self._is_slow = may_pass, is_slow
            self._changed.notify_all()

    def __call__(self, unet, inputs):
        with self._changed:
            self._changed.wait_for(lambda: not self._is_slow, timeout=SLOW_SECONDS)
            self._changed.wait_for(lambda: self._may_pass)
            self.calls[len(inputs[0])] += 1


def tiny_pipeline():
    """A pipeline of random weights. In float64, which no backend but PyTorch takes."""
    return DDPMPipeline(tiny_unet().double(), DDPMScheduler())


class TinyServer:
    """The page at `url`; its model is `pipeline`, and `network` stands before it."""

    def __init__(self, port):
        self.pipeline, self.network = tiny_pipeline(), Network()
        self.pipeline.unet.register_forward_pre_hook(self.network)
        self.demo = build(self.pipeline)
        _, self.url, _ = self.demo.launch(
            server_port=port, prevent_thread_lock=True, quiet=True, **LAUNCH
        )

    def close(self):
        self.network.run()
        self.demo.close(verbose=False)
