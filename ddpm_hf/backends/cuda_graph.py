"""The UNet on a GPU in bf16 as one CUDA graph: recorded once, then replayed as a whole.

Run kernel by kernel, a small network leaves a big GPU waiting for the CPU that launches them.
"""

import copy
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import torch
from torch import Tensor

from ddpm_hf.backends.cache import NetworkCache

WARM_UPS = 3
"""Calls before the recording, in which libraries choose their kernels and take their memory."""
SHAPES, IDLE = 4, 4
"""Graphs are kept for the last shapes, and so many idle ones of each; each holds memory."""


@contextmanager
def _kernels_tried() -> Iterator[None]:
    """cuDNN tries its kernels for each shape, and keeps the fastest."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


class _Graph:
    """One recorded call, with the memory that it reads and writes."""

    def __init__(
        self, network: Any, shape: tuple[int, ...], labels: Tensor | None, aside: torch.cuda.Stream
    ) -> None:
        device = aside.device
        self.sample = torch.zeros(shape, dtype=network.dtype, device=device)
        self.sample = self.sample.contiguous(memory_format=torch.channels_last)
        self.timestep = torch.zeros((), device=device)
        self.labels = None if labels is None else labels.clone()
        self.graph = torch.cuda.CUDAGraph()
        aside.wait_stream(torch.cuda.current_stream(device))
        with torch.no_grad(), torch.cuda.device(device), _kernels_tried():
            with torch.cuda.stream(aside):
                for _ in range(WARM_UPS):
                    self._call(network)
            # Other threads may go on with work of their own meanwhile.
            with torch.cuda.graph(self.graph, stream=aside, capture_error_mode="thread_local"):
                self.output = self._call(network)

    def _call(self, network: Any) -> Tensor:
        output: Tensor = network(self.sample, self.timestep, self.labels, return_dict=False)[0]
        return output


class Idle:
    """What waits for its next run, by shape. Any thread may call, a finalizer's too."""

    def __init__(self) -> None:
        # A finalizer may come in the middle of a call of its own thread: hence RLock, and no
        # place that needs the same key twice.
        self._lock, self._waiting = RLock(), OrderedDict[tuple[int, ...], list[Any]]()

    def take(self, shape: tuple[int, ...]) -> Any | None:
        """One of this shape, or None."""
        with self._lock:
            waiting = self._waiting.get(shape)
            return waiting.pop() if waiting else None

    def give_back(self, shape: tuple[int, ...], graph: Any) -> None:
        """Keep it, if there are not enough of them."""
        with self._lock:
            self._waiting[shape] = [*self._waiting.pop(shape, []), graph][:IDLE]
            while len(self._waiting) > SHAPES:
                self._waiting.popitem(last=False)

    def counts(self) -> list[int]:
        """How many there are of each shape."""
        with self._lock:
            return [len(graphs) for graphs in self._waiting.values()]


class _Network:
    """A copy of one UNet in bf16, and the graphs of it that are not in use."""

    def __init__(self, unet: Any) -> None:
        self.unet = copy.deepcopy(unet).to(torch.bfloat16, memory_format=torch.channels_last)
        self.aside = torch.cuda.Stream(unet.device)  # type: ignore[no-untyped-call]
        self.idle = Idle()

    def take(self, shape: tuple[int, ...], labels: Tensor | None) -> _Graph:
        graph: _Graph | None = self.idle.take(shape)
        if graph is None:
            return _Graph(self.unet, shape, labels, self.aside)
        if labels is not None and graph.labels is not None:
            graph.labels.copy_(labels)
        return graph


_networks = NetworkCache(_Network)


def takes(unet: Any, device: torch.device) -> bool:
    """Whether the UNet lies on the device, and that is a GPU that works in bf16."""
    if device.type != "cuda" or unet.device != device:
        return False
    with torch.cuda.device(device):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))


class GraphDenoiser:
    """The UNet for samples of one shape. Any number of threads may hold one each."""

    def __init__(
        self, unet: Any, shape: tuple[int, ...], class_labels: Tensor | None = None
    ) -> None:
        # What is kept is for callers outside of inference mode, too, who could not write into it.
        with _networks.lock, torch.inference_mode(False):
            network = _networks.of(unet)
            self.graph = network.take(shape, class_labels)
        # Lent for as long as this object lives.
        weakref.finalize(self, network.idle.give_back, shape, self.graph)

    def __call__(self, sample: Tensor, timestep: Tensor) -> Tensor:
        """A `Denoiser`."""
        self.graph.sample.copy_(sample)
        self.graph.timestep.copy_(timestep)
        self.graph.graph.replay()
        # Copied, for the next replay writes into the same memory.
        return self.graph.output.to(sample.dtype, copy=True)
