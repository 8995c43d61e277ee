"""The UNet on a GPU in bf16 as a CUDA graph: captured once, then replayed.

Without a graph, a large GPU waits for the CPU to launch the kernels of a small network one by one.
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

from ddpm_hf.backends.cache import DerivedCache

WARM_UPS = 3
"""Calls before the capture, in which libraries choose their kernels and allocate memory."""
MAX_SHAPES, MAX_IDLE = 4, 4
"""Idle graphs are kept for the last shapes, a few of each, because each one holds memory."""


@contextmanager
def _cudnn_benchmark() -> Iterator[None]:
    """Let cuDNN try its kernels for each shape and choose the fastest."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


class _Graph:
    """One captured call, with the memory that it reads and writes."""

    def __init__(
        self, network: Any, shape: tuple[int, ...], labels: Tensor | None, stream: torch.cuda.Stream
    ) -> None:
        device = stream.device
        self.sample = torch.zeros(shape, dtype=network.dtype, device=device)
        self.sample = self.sample.contiguous(memory_format=torch.channels_last)
        self.timestep = torch.zeros((), device=device)
        self.labels = None if labels is None else labels.clone()
        self.graph = torch.cuda.CUDAGraph()
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.no_grad(), torch.cuda.device(device), _cudnn_benchmark():
            with torch.cuda.stream(stream):
                for _ in range(WARM_UPS):
                    self._call(network)
            # Other threads may use the GPU meanwhile.
            with torch.cuda.graph(self.graph, stream=stream, capture_error_mode="thread_local"):
                self.output = self._call(network)

    def _call(self, network: Any) -> Tensor:
        output: Tensor = network(self.sample, self.timestep, self.labels, return_dict=False)[0]
        return output


class IdlePool:
    """Idle graphs by shape. Any thread may call, and finalizers as well."""

    def __init__(self) -> None:
        # A finalizer may interrupt a call in its own thread: therefore an RLock, and no line may
        # rely on a key that an earlier line has found.
        self._lock, self._idle = RLock(), OrderedDict[tuple[int, ...], list[Any]]()

    def take(self, shape: tuple[int, ...]) -> Any | None:
        """A graph of this shape, or None."""
        with self._lock:
            idle = self._idle.get(shape)
            return idle.pop() if idle else None

    def give_back(self, shape: tuple[int, ...], graph: Any) -> None:
        """Keep the graph, unless there are enough of its shape."""
        with self._lock:
            self._idle[shape] = [*self._idle.pop(shape, []), graph][:MAX_IDLE]
            while len(self._idle) > MAX_SHAPES:
                self._idle.popitem(last=False)

    def counts(self) -> list[int]:
        """The number of graphs of each shape."""
        with self._lock:
            return [len(graphs) for graphs in self._idle.values()]


class _GraphPool:
    """A copy of one UNet in bf16, and its idle graphs."""

    def __init__(self, unet: Any) -> None:
        self.unet = copy.deepcopy(unet).to(torch.bfloat16, memory_format=torch.channels_last)
        self.stream = torch.cuda.Stream(unet.device)  # type: ignore[no-untyped-call]
        self.idle = IdlePool()

    def take(self, shape: tuple[int, ...], labels: Tensor | None) -> _Graph:
        graph: _Graph | None = self.idle.take(shape)
        if graph is None:
            return _Graph(self.unet, shape, labels, self.stream)
        if labels is not None and graph.labels is not None:
            graph.labels.copy_(labels)
        return graph


_pools = DerivedCache(_GraphPool)


def supports(unet: Any, device: torch.device) -> bool:
    """Whether the UNet is on this device, and the device is a GPU with bf16."""
    if device.type != "cuda" or unet.device != device:
        return False
    with torch.cuda.device(device):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))


class GraphDenoiser:
    """A `Denoiser` for samples of one shape; each thread needs one of its own."""

    def __init__(
        self, unet: Any, shape: tuple[int, ...], class_labels: Tensor | None = None
    ) -> None:
        # Later callers outside of inference mode could not write into tensors made in it.
        with _pools.lock, torch.inference_mode(False):
            pool = _pools.get(unet)
            self.graph = pool.take(shape, class_labels)
        weakref.finalize(self, pool.idle.give_back, shape, self.graph)

    def __call__(self, sample: Tensor, timestep: Tensor) -> Tensor:
        """The model output at a sample and timestep."""
        self.graph.sample.copy_(sample)
        self.graph.timestep.copy_(timestep)
        self.graph.graph.replay()
        # Copied, because the next replay overwrites this memory.
        return self.graph.output.to(sample.dtype, copy=True)
