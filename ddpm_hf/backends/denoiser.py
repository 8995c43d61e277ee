"""Choosing how the UNet runs: eager or compiled PyTorch, a CUDA graph, or OpenVINO on a CPU."""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ddpm_hf.backends import cuda_graph, openvino
from ddpm_hf.backends.identity import has_own_code

logger = logging.getLogger(__name__)

Denoiser = Callable[[Tensor, Tensor], Tensor]
"""(x_t, timestep) → model output, with diffusers' timestep as a 0-d tensor."""

PRECISIONS = {"auto": "fastest", "openvino": "f32", "int8": "int8"}
"""The backends that run, or may run, OpenVINO, and how precisely."""
BACKENDS = ("eager", *PRECISIONS, "compile")


def _eager(unet: Any, class_labels: Tensor | None) -> Denoiser:
    dtype = unet.dtype

    def denoise(sample: Tensor, timestep: Tensor) -> Tensor:
        output: Tensor = unet(sample.to(dtype), timestep, class_labels, return_dict=False)[0]
        return output.to(sample.dtype)

    return denoise


def _compiled(unet: Any, device: torch.device, class_labels: Tensor | None) -> Denoiser:
    # On a GPU, "reduce-overhead" replays each call as one CUDA graph.
    mode = "reduce-overhead" if device.type == "cuda" else "default"
    run: Any = torch.compile(unet, dynamic=False, mode=mode)
    dtype = unet.dtype

    def denoise(sample: Tensor, timestep: Tensor) -> Tensor:
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        output: Tensor = run(sample.to(dtype), timestep, class_labels, return_dict=False)[0]
        # Copied, because the next replay overwrites this memory.
        return output.to(sample.dtype, copy=True)

    return denoise


@cache
def _warn(reason: str) -> None:
    logger.warning("The UNet runs in plain PyTorch, several times slower: %s.", reason)


def _may_be_derived(unet: Any) -> bool:
    """Whether a converted or captured copy can stand for the UNet; warns once if not.

    Such a copy has a fractional timestep, and its code is fixed when it is made.
    """
    reason = ""
    if has_own_code(unet):
        reason = "it has code of its own, such as a hook, an attention processor or a subclass's"
    elif unet.config.time_embedding_type == "learned":
        reason = "its time embedding takes whole numbers alone"
    if reason:
        _warn(reason)
    return not reason


def _as_openvino(unet: Any, backend: str, device: torch.device) -> Any:
    """The UNet as OpenVINO runs it; None where it can't. Raises ValueError if it has to."""
    derived = device.type == "cpu" and _may_be_derived(unet)
    converted = openvino.convert(unet) if derived else None
    if backend != "auto" and converted is None:
        raise ValueError(
            f"The backend {backend} needs the package openvino, a CPU, and a UNet in float32 that"
            " it can run: of diffusers' own code, with class labels, if any, that are whole"
            " numbers; auto takes it where it can."
        )
    return converted


def _check_name(backend: str) -> None:
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {', '.join(BACKENDS)}; got {backend!r}.")


def check_backend(unet: Any, backend: str, device: torch.device) -> None:
    """Raise ValueError for an unknown backend, or for one of OpenVINO that can't run this UNet."""
    _check_name(backend)
    if backend in ("openvino", "int8"):
        _as_openvino(unet, backend, device)


def make_denoiser(
    unet: Any,
    backend: str,
    shape: tuple[int, ...],
    device: torch.device,
    class_labels: Tensor | None = None,
) -> Denoiser:
    """A function that runs this UNet on samples of this shape on this device.

    class_labels: (batch,), for a class-conditional UNet.

    `eager`: PyTorch, with the same numbers as diffusers. `openvino`: on a CPU, in float32.
    `compile`: torch.compile, which takes about a minute before the first step. `auto`: on a CPU,
    OpenVINO if it is installed, in bf16 if the CPU has it; on a GPU with bf16, a CUDA graph; else,
    and for a network with code of its own, eager. `int8`: on a CPU, like `auto`, with convolutions
    in int8: faster and less exact. Raises ValueError like `check_backend`.
    """
    _check_name(backend)
    # Each look for the converted UNet reads all its weights: one is enough.
    if backend in PRECISIONS and (converted := _as_openvino(unet, backend, device)):
        return openvino.OpenVINODenoiser(converted, shape, PRECISIONS[backend], class_labels)
    if backend == "auto" and cuda_graph.supports(unet, device) and _may_be_derived(unet):
        return cuda_graph.GraphDenoiser(unet, shape, class_labels)
    if backend == "compile":
        return _compiled(unet, device, class_labels)
    return _eager(unet, class_labels)
