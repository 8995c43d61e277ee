"""The UNet on a CPU by OpenVINO: converted once, compiled for each of the last few shapes."""

import math
from collections import OrderedDict
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from ddpm_hf.backends import int8
from ddpm_hf.backends.cache import DerivedCache
from ddpm_hf.backends.conversion import converted, core
from ddpm_hf.unet import height_width

BLOCK_PIXELS = 16 * 32 * 32
"""The most pixels in a block of one core; larger blocks cost memory and gain no time."""
MAX_COMPILED = 8
"""How many input shapes of one UNet stay compiled."""


class _ConvertedUNet:
    """One UNet, converted, and compiled for each of the last few input shapes."""

    def __init__(self, unet: Any) -> None:
        self.model = converted(unet)
        self.config = unet.config
        self.compiled: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    @cached_property
    def quantised(self) -> Any:
        """The network for "int8"."""
        shape = (self.config.in_channels, *height_width(self.config.sample_size))
        return int8.quantised(self.model, shape, self.config.num_class_embeds)

    def compile(self, shape: tuple[int, ...], streams: int, precision: str) -> Any:
        """The network compiled for one fixed shape, which runs up to 1.8 times as fast."""
        key = (shape, streams, precision)
        if key not in self.compiled:
            model = self.quantised if precision == "int8" else self.model
            labels = {} if self.config.num_class_embeds is None else {2: [shape[0]]}
            model.reshape({0: list(shape), 1: [], **labels})
            options: dict[str, Any] = {"NUM_STREAMS": streams}
            if precision == "f32":  # by default it is bf16 if the CPU has it
                options["INFERENCE_PRECISION_HINT"] = "f32"
            self.compiled[key] = core().compile_model(model, "CPU", options)
        self.compiled.move_to_end(key)
        while len(self.compiled) > MAX_COMPILED:
            self.compiled.popitem(last=False)
        return self.compiled[key]


_converted_unets = DerivedCache(_ConvertedUNet)


def convert(unet: Any) -> _ConvertedUNet | None:
    """The UNet as OpenVINO runs it, made on first use; None where it can't.

    It must be in float32, with class labels, if any, that are integers.
    """
    if unet.dtype != torch.float32 or unet.config.class_embed_type is not None or core() is None:
        return None
    made = _converted_unets.get(unet)
    return None if made.model is None else made


def split_batch(batch: int, pixels: int, cores: int) -> tuple[int, int]:
    """The number of streams that a batch of images runs in, and the size of its equal blocks.

    pixels: of an image. One core for each block is up to a fifth faster than all cores for each
    image, because no core waits for the others after every layer.
    """
    streams = math.gcd(batch, cores)
    most = max(1, BLOCK_PIXELS // pixels)
    size = batch // streams
    if size > most:
        size = next((n for n in range(most, most // 2, -1) if size % n == 0), size)
    return streams, size


class OpenVINODenoiser:
    """A `Denoiser` for samples of one shape; each thread needs one of its own.

    precision: "f32"; "fastest": bf16 if the CPU has it, else f32; or "int8": the same, but for the
    convolutions.
    """

    def __init__(
        self,
        unet: _ConvertedUNet,
        shape: tuple[int, ...],
        precision: str,
        class_labels: Tensor | None = None,
    ) -> None:
        import openvino

        batch, _, height, width = shape
        cores = core().get_property("CPU", "RANGE_FOR_STREAMS")[1]
        streams, size = split_batch(batch, height * width, cores)
        with _converted_unets.lock:
            compiled = unet.compile((size, *shape[1:]), streams, precision)
        # OpenVINO reads and writes the memory of these tensors, which live as long as this object.
        self.sample, self.timestep, self.labels = torch.empty(shape), torch.empty(()), class_labels
        self.output = torch.empty(batch, unet.config.out_channels, height, width)
        self.requests = []
        for start in range(0, batch, size):
            block, request = slice(start, start + size), compiled.create_infer_request()
            labels = [] if class_labels is None else [class_labels[block]]
            for i, tensor in enumerate([self.sample[block], self.timestep, *labels]):
                request.set_input_tensor(i, openvino.Tensor(tensor.numpy(), shared_memory=True))
            request.set_output_tensor(
                openvino.Tensor(self.output[block].numpy(), shared_memory=True)
            )
            self.requests.append(request)

    def __call__(self, sample: Tensor, timestep: Tensor) -> Tensor:
        """The model output at a sample and timestep."""
        self.sample.copy_(sample)
        self.timestep.copy_(timestep)
        for request in self.requests:
            request.start_async()
        for request in self.requests:
            request.wait()
        return self.output.to(sample.dtype, copy=True)
