"""The UNet on a CPU by OpenVINO: converted once, compiled for each of the last few shapes."""

import contextlib
import hashlib
import json
import logging
import math
import os
import sys
import tempfile
import warnings
from collections import OrderedDict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.constants import HF_HOME
from torch import Tensor

from ddpm_hf.backends import upsampling
from ddpm_hf.backends.cache import DerivedCache
from ddpm_hf.unet import height_width

BLOCK_PIXELS = 16 * 32 * 32
"""The most pixels in a block of one core; larger blocks cost memory and gain no time."""
MAX_COMPILED = 8
"""How many input shapes of one UNet stay compiled."""
CACHE = Path(HF_HOME) / "ddpm_hf" / "openvino"
"""The folder of converted networks."""
MAX_ON_DISK = 16
"""How many converted networks it holds, the last ones written."""

logger = logging.getLogger(__name__)


@cache
def core() -> Any:
    """The OpenVINO core; None, with one warning, if the package is not installed."""
    # OpenVINO's import sends usage reports over the network; without this module it can't.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError:
        logger.warning(
            "OpenVINO is not installed: the UNet runs in plain PyTorch, several times slower."
            " `pip install openvino` fixes that."
        )
        return None
    return openvino.Core()


class _PlainTensors(torch.nn.Module):
    """The UNet with tensors as inputs and output, as the converter needs it."""

    def __init__(self, unet: Any) -> None:
        super().__init__()
        self.unet = unet

    def forward(
        self, sample: Tensor, timestep: Tensor, class_labels: Tensor | None = None
    ) -> Tensor:
        output: Tensor = self.unet(sample, timestep, class_labels, return_dict=False)[0]
        return output


def _convert(unet: Any) -> Any:
    import openvino

    shape = (1, unet.config.in_channels, *height_width(unet.config.sample_size))
    labels = (torch.zeros(1, dtype=torch.long),) if unet.class_embedding is not None else ()
    example = (torch.zeros(shape), torch.tensor(0.0), *labels)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        # Traced here, because OpenVINO checks its own trace with two more, which take most time.
        plain = _PlainTensors(upsampling.with_transposed_upsamplers(unet))
        traced = torch.jit.trace(plain, example, strict=False, check_trace=False)  # type: ignore[no-untyped-call]
        return openvino.convert_model(traced, example_input=example)


def _fingerprint(unet: Any) -> str:
    """A hash of all that determines the converted network: weights, config, versions and code."""
    versions = [version(name) for name in ("torch", "diffusers", "openvino")]
    digest = hashlib.sha256(json.dumps([versions, dict(unet.config)], default=str).encode())
    for source in (__file__, upsampling.__file__):
        digest.update(Path(source).read_bytes())
    for weights in unet.state_dict().values():
        digest.update(weights.detach().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def _converted(unet: Any) -> Any:
    """The converted network, from the cache if it is there."""
    import openvino

    path = CACHE / f"{_fingerprint(unet)}.xml"
    if path.exists():
        with contextlib.suppress(RuntimeError):  # a corrupt file is replaced
            return core().read_model(path)
    model = _convert(unet)
    with contextlib.suppress(OSError, RuntimeError):  # a full or read-only disk: not cached
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            new = Path(folder) / path.name
            openvino.save_model(model, new, compress_to_fp16=False)
            # The weights first, so that a description that exists is complete.
            for suffix in (".bin", ".xml"):
                new.with_suffix(suffix).replace(path.with_suffix(suffix))
        newest_first = sorted(CACHE.glob("*.xml"), key=os.path.getmtime, reverse=True)
        for old in newest_first[MAX_ON_DISK:]:
            old.unlink()
            old.with_suffix(".bin").unlink()
    return model


class _ConvertedUNet:
    """One UNet, converted, and compiled for each of the last few input shapes."""

    def __init__(self, unet: Any) -> None:
        self.model = _converted(unet)
        self.has_labels = unet.class_embedding is not None
        self.compiled: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def compile(self, shape: tuple[int, ...], streams: int, precision: str) -> Any:
        """The network compiled for one fixed shape, which runs up to 1.8 times as fast."""
        key = (shape, streams, precision)
        if key not in self.compiled:
            labels = {2: [shape[0]]} if self.has_labels else {}
            self.model.reshape({0: list(shape), 1: [], **labels})
            options: dict[str, Any] = {"NUM_STREAMS": streams}
            if precision == "f32":  # by default it is bf16 if the CPU has it
                options["INFERENCE_PRECISION_HINT"] = "f32"
            self.compiled[key] = core().compile_model(self.model, "CPU", options)
        self.compiled.move_to_end(key)
        while len(self.compiled) > MAX_COMPILED:
            self.compiled.popitem(last=False)
        return self.compiled[key]


_converted_unets = DerivedCache(_ConvertedUNet)


def supports(unet: Any) -> bool:
    """Whether the UNet is in float32, with class labels, if any, that are integers."""
    return unet.dtype == torch.float32 and unet.config.class_embed_type is None


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

    precision: "f32", or "fastest": bf16 if the CPU has it, else f32.
    """

    def __init__(
        self,
        unet: Any,
        shape: tuple[int, ...],
        precision: str,
        class_labels: Tensor | None = None,
    ) -> None:
        import openvino

        batch, _, height, width = shape
        cores = core().get_property("CPU", "RANGE_FOR_STREAMS")[1]
        streams, size = split_batch(batch, height * width, cores)
        with _converted_unets.lock:
            compiled = _converted_unets.get(unet).compile((size, *shape[1:]), streams, precision)
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
