"""Choosing how the UNet runs: eager or compiled PyTorch, a CUDA graph, or OpenVINO on a CPU."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ddpm_hf.backends import cuda_graph, openvino

Denoiser = Callable[[Tensor, Tensor], Tensor]
"""(x_t, timestep) → model output, with diffusers' timestep as a 0-d tensor."""

BACKENDS = ("eager", "auto", "openvino", "compile")


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


def check_backend(unet: Any, backend: str, device: torch.device) -> None:
    """Raise ValueError for an unknown backend, or for `openvino` if it can't run this UNet."""
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {', '.join(BACKENDS)}; got {backend!r}.")
    if backend == "openvino" and not _openvino_runs(unet, device):
        raise ValueError(
            "The backend openvino needs the package openvino, a CPU, and a UNet in float32 whose"
            " class labels, if any, are whole numbers; auto takes it where it can."
        )


def _openvino_runs(unet: Any, device: torch.device) -> bool:
    return device.type == "cpu" and openvino.supports(unet) and openvino.core() is not None


def make_denoiser(
    unet: Any,
    backend: str,
    shape: tuple[int, ...],
    device: torch.device,
    class_labels: Tensor | None = None,
) -> Denoiser:
    """A function that runs this UNet on samples of this shape on this device.

    class_labels: (batch,), for a class-conditional UNet.

    `eager`: PyTorch, with the same numbers as stock diffusers. `openvino`: on a CPU, in float32.
    `compile`: torch.compile, which takes about a minute before the first step. `auto`: on a CPU,
    OpenVINO if it is installed, in bf16 if the CPU has it; on a GPU with bf16, a CUDA graph; else
    eager. Raises ValueError like `check_backend`.
    """
    check_backend(unet, backend, device)
    if backend in ("auto", "openvino") and _openvino_runs(unet, device):
        precision = "f32" if backend == "openvino" else "fastest"
        return openvino.OpenVINODenoiser(unet, shape, precision, class_labels)
    if backend == "auto" and cuda_graph.supports(unet, device):
        return cuda_graph.GraphDenoiser(unet, shape, class_labels)
    if backend == "compile":
        return _compiled(unet, device, class_labels)
    return _eager(unet, class_labels)
