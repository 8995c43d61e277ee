"""How the UNet runs: eager PyTorch, or compiled by OpenVINO on a CPU."""

import logging
import sys
import warnings
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

Denoiser = Callable[[Tensor, Tensor], Tensor]
"""(x_t, timestep) → model output. Takes diffusers' timestep: 0-d, or (batch,)."""

COMPILED_SHAPES = 8
"""How many fixed input shapes of one UNet stay compiled."""

logger = logging.getLogger(__name__)


def eager(unet: Any, class_labels: Tensor | None = None) -> Denoiser:
    """The UNet as PyTorch runs it: the very numbers of stock diffusers."""
    dtype = unet.dtype

    def denoise(sample: Tensor, timestep: Tensor) -> Tensor:
        output: Tensor = unet(sample.to(dtype), timestep, class_labels, return_dict=False)[0]
        return output.to(sample.dtype)

    return denoise


@cache
def _openvino() -> Any | None:
    """The OpenVINO core, or None, with one warning, where the package is missing."""
    # Its import reports usage to its maker over the network; without this module it can't.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError:
        logger.warning(
            "OpenVINO is not installed: the UNet runs in plain PyTorch, several times slower."
            " `pip install openvino` mends that."
        )
        return None
    return openvino.Core()


class _PlainTensors(torch.nn.Module):
    """The UNet with plain tensors in and out, as the converter wants it."""

    def __init__(self, unet: Any) -> None:
        super().__init__()
        self.unet = unet

    def forward(
        self, sample: Tensor, timestep: Tensor, class_labels: Tensor | None = None
    ) -> Tensor:
        output: Tensor = self.unet(sample, timestep, class_labels, return_dict=False)[0]
        return output


class _Converted:
    """One UNet converted once, and compiled for each of the last few input shapes."""

    def __init__(self, unet: Any) -> None:
        import openvino

        sample = torch.zeros(1, unet.config.in_channels, *_sample_size(unet))
        self.takes_labels = unet.class_embedding is not None
        labels = (torch.zeros(1, dtype=torch.long),) if self.takes_labels else ()
        example = (sample, torch.tensor(0), *labels)
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            # OpenVINO would trace it too, and check its trace by two more: most of the time taken.
            traced = torch.jit.trace(_PlainTensors(unet), example, strict=False, check_trace=False)  # type: ignore[no-untyped-call]
            self.model = openvino.convert_model(traced, example_input=example)
        self.compiled: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def compile(self, core: Any, shape: tuple[int, ...]) -> Any:
        """The network for one fixed shape; fixed shapes run up to 1.8 times faster."""
        if shape not in self.compiled:
            labels = {2: [shape[0]]} if self.takes_labels else {}
            self.model.reshape({0: list(shape), 1: [], **labels})
            # Without a precision hint OpenVINO takes bf16 where the CPU has it, else f32.
            options = {"PERFORMANCE_HINT": "LATENCY"}
            self.compiled[shape] = core.compile_model(self.model, "CPU", options)
        self.compiled.move_to_end(shape)
        while len(self.compiled) > COMPILED_SHAPES:
            self.compiled.popitem(last=False)
        return self.compiled[shape]


def _sample_size(unet: Any) -> tuple[int, int]:
    size = unet.config.sample_size
    return (size, size) if isinstance(size, int) else tuple(size)


_lock = Lock()
_converted: WeakKeyDictionary[Any, tuple[tuple[int, ...], _Converted]] = WeakKeyDictionary()


def _weights_version(unet: Any) -> tuple[int, ...]:
    """Changes whenever a weight does, so that a trained UNet is converted anew."""
    return tuple(n for p in unet.parameters() for n in (p.data_ptr(), p._version))


def openvino_cpu(
    unet: Any, core: Any, shape: tuple[int, ...], class_labels: Tensor | None = None
) -> Denoiser:
    """The UNet compiled for samples of one shape. Any number of threads may hold one each."""
    with _lock:
        version = _weights_version(unet)
        if _converted.get(unet, (None,))[0] != version:
            _converted[unet] = (version, _Converted(unet))
        request = _converted[unet][1].compile(core, shape).create_infer_request()

    labels = () if class_labels is None else (class_labels.numpy(),)

    def denoise(sample: Tensor, timestep: Tensor) -> Tensor:
        inputs = [sample.float().contiguous().numpy(), timestep.numpy(), *labels]
        request.infer(inputs, share_inputs=True)
        # Copied, for the next call writes into the same memory.
        return torch.from_numpy(request.get_output_tensor(0).data.copy()).to(sample.dtype)

    return denoise


def denoiser(
    unet: Any,
    backend: str,
    shape: tuple[int, ...],
    device: torch.device,
    class_labels: Tensor | None = None,
) -> Denoiser:
    """How to run this UNet on samples of this shape, on the device where they are.

    class_labels: (batch,), for a UNet that takes them.

    `eager`: PyTorch. `auto`: on a CPU OpenVINO (bf16 where the CPU has it) where it is installed,
    else eager. Raises ValueError for another name.
    """
    if backend not in ("eager", "auto"):
        raise ValueError(f"backend must be eager or auto; got {backend!r}.")
    # It is converted from float32, and with labels that are whole numbers.
    convertible = unet.dtype == torch.float32 and unet.config.class_embed_type is None
    if backend == "auto" and device.type == "cpu" and convertible:
        core = _openvino()
        if core is not None:
            return openvino_cpu(unet, core, shape, class_labels)
    return eager(unet, class_labels)
