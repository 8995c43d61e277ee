"""The UNet converted for OpenVINO: tried once, and cached on disk."""

import contextlib
import hashlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub.constants import HF_HOME
from torch import Tensor

from ddpm_hf.backends import identity, openvino_trial, upsampling
from ddpm_hf.errors import first_sentence
from ddpm_hf.unet import height_width

CACHE = Path(HF_HOME) / "ddpm_hf" / "openvino"
"""The folder of converted networks."""
MAX_ON_DISK = 16
"""How many converted networks it holds, the last ones written, and verdicts on such."""
BOUNDS = {"f32": 1e-3, "fastest": 0.1}
"""How far from eager a converted network may be, relative to its largest output."""
CRASHES = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGILL, -signal.SIGFPE}
"""The exit statuses of a process that OpenVINO ended."""

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


def _example(unet: Any) -> tuple[Tensor, ...]:
    """A sample, a timestep as Euler has it, and a class label if the UNet takes one."""
    shape = (1, unet.config.in_channels, *height_width(unet.config.sample_size))
    labels = (torch.zeros(1, dtype=torch.long),) if unet.class_embedding is not None else ()
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    return noise, torch.tensor(500.5), *labels


def _convert(unet: Any) -> Any:
    import openvino

    example = _example(unet)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        # Traced here, because OpenVINO checks its own trace with two more, which take most time.
        plain = _PlainTensors(upsampling.with_transposed_upsamplers(unet))
        traced = torch.jit.trace(plain, example, strict=False, check_trace=False)  # type: ignore[no-untyped-call]
        return openvino.convert_model(traced, example_input=example)


def _key(what: str) -> str:
    """A hash of a network's description, and of the versions and the code that convert it."""
    versions = [version(name) for name in ("torch", "diffusers", "openvino")]
    digest = hashlib.sha256(repr((versions, what)).encode())
    for module in (sys.modules[__name__], upsampling, openvino_trial):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()


def _run_apart(example: tuple[Tensor, ...], folder: Path) -> tuple[int, str]:
    """The exit status of a process that runs the network in `folder`, and the last that it says.

    Some networks end the process that compiles them: not this one.
    """
    np.savez(folder / "inputs.npz", *(tensor.numpy() for tensor in example))
    command = [sys.executable, "-P", openvino_trial.__file__, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stderr.strip().splitlines() or [f"its process ends with {done.returncode}"]
    return done.returncode, said[-1]


def _difference(unet: Any, example: tuple[Tensor, ...], folder: Path) -> str:
    """By how much the outputs in `folder` differ from eager's; empty if that is within `BOUNDS`."""
    with torch.no_grad():
        exact = _PlainTensors(unet)(*example)
    for precision, found in np.load(folder / "outputs.npz").items():
        error, scale = (torch.from_numpy(found) - exact).abs().max(), exact.abs().max()
        if not error <= BOUNDS[precision] * scale:  # nor if it is not a number
            return f"OpenVINO's output differs by {float(error):.2g} of {float(scale):.2g}"
    return ""


def _made(unet: Any, folder: Path) -> tuple[Any, str]:
    """The network, saved in `folder`, and why it can't be relied on; empty if it can.

    A network of a structure that was tried before is not tried again, nor made if it crashed.
    """
    import openvino

    verdict = CACHE / f"{_key(identity.structure(unet))}.tried"
    tried = verdict.read_text() if verdict.exists() else None
    if tried:
        return None, tried
    model = _convert(unet)
    openvino.save_model(model, folder / "network.xml", compress_to_fp16=False)
    if tried is not None:
        return model, ""
    example = _example(unet)
    status, said = _run_apart(example, folder)
    reason = f"OpenVINO fails at it: {said}" if status else _difference(unet, example, folder)
    if not reason or status in CRASHES:  # others may come from memory or the weights
        with contextlib.suppress(OSError):
            verdict.write_text(reason)
    return model, reason


def _keep(folder: Path, path: Path) -> None:
    """Move a network from its folder into the cache."""
    # The weights first, so that a description that exists is complete.
    for suffix in (".bin", ".xml"):
        (folder / "network").with_suffix(suffix).replace(path.with_suffix(suffix))
    for kind in ("*.xml", "*.tried"):
        newest_first = sorted(CACHE.glob(kind), key=os.path.getmtime, reverse=True)
        for old in newest_first[MAX_ON_DISK:]:
            old.unlink()
            old.with_suffix(".bin").unlink(missing_ok=True)


def converted(unet: Any) -> Any:
    """The converted network, from the cache if it is there; None, with a warning, if it fails."""
    path = CACHE / f"{_key(identity.fingerprint(unet))}.xml"
    if path.exists():
        with contextlib.suppress(RuntimeError):  # a corrupt file is replaced
            return core().read_model(path)
    place = CACHE
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
    except OSError:  # a read-only disk: not cached
        place = Path(tempfile.gettempdir())
    try:
        with tempfile.TemporaryDirectory(dir=place) as folder:
            model, reason = _made(unet, Path(folder))
            if not reason:
                with contextlib.suppress(OSError):
                    _keep(Path(folder), path)
                return model
    except Exception as error:  # of the tracer, the converter or the disk
        reason = first_sentence(error)
    logger.warning("The UNet runs in plain PyTorch, several times slower: %s.", reason)
    return None
