"""The UNet on a GPU in bf16 as one CUDA graph: recorded once, then replayed as a whole.

Run kernel by kernel, a small network leaves a big GPU waiting for the CPU that launches them.
"""

import copy
import weakref
from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor

from ddpm_hf.kept import Kept

WARM_UPS = 3
"""Calls before the recording, in which libraries choose their kernels and take their memory."""
SHAPES, IDLE = 4, 2
"""Of the last so many shapes, so many graphs each wait for their next run; each holds memory."""


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
        with (
            torch.no_grad(),
            torch.cuda.device(device),
            torch.backends.cudnn.flags(enabled=True, benchmark=True),
        ):
            with torch.cuda.stream(aside):
                for _ in range(WARM_UPS):
                    self._call(network)
            # Other threads may go on with work of their own meanwhile.
            with torch.cuda.graph(self.graph, stream=aside, capture_error_mode="thread_local"):
                self.output = self._call(network)

    def _call(self, network: Any) -> Tensor:
        output: Tensor = network(self.sample, self.timestep, self.labels, return_dict=False)[0]
        return output


class _Network:
    """A copy of one UNet in bf16, and the graphs of it that are not in use."""

    def __init__(self, unet: Any) -> None:
        self.unet = copy.deepcopy(unet).to(torch.bfloat16, memory_format=torch.channels_last)
        self.aside = torch.cuda.Stream(unet.device)  # type: ignore[no-untyped-call]
        self.idle: OrderedDict[tuple[int, ...], list[_Graph]] = OrderedDict()

    def take(self, shape: tuple[int, ...], labels: Tensor | None) -> _Graph:
        if not self.idle.get(shape):
            return _Graph(self.unet, shape, labels, self.aside)
        graph = self.idle[shape].pop()
        if labels is not None and graph.labels is not None:
            graph.labels.copy_(labels)
        return graph

    def give_back(self, shape: tuple[int, ...], graph: _Graph) -> None:
        waiting = self.idle.setdefault(shape, [])
        if len(waiting) < IDLE:
            waiting.append(graph)
        self.idle.move_to_end(shape)
        while len(self.idle) > SHAPES:
            self.idle.popitem(last=False)


_networks = Kept(_Network)


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
        with _networks.lock:
            network = _networks.of(unet)
            self.graph = network.take(shape, class_labels)
        # Lent for as long as this object lives.
        weakref.finalize(self, network.give_back, shape, self.graph)

    def __call__(self, sample: Tensor, timestep: Tensor) -> Tensor:
        """A `runtime.Denoiser`."""
        self.graph.sample.copy_(sample)
        self.graph.timestep.copy_(timestep)
        self.graph.graph.replay()
        # Copied, for the next replay writes into the same memory.
        return self.graph.output.to(sample.dtype, copy=True)
