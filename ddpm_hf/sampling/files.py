"""The output folder of samples, in which an interrupted run can be completed."""

import hashlib
import io
import json
import shutil
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.sampling.model import class_number

SETTINGS, ARCHIVE, BLOCKS = "sampling.json", "samples.npz", ".parts"
PNG_END = b"IEND\xaeB`\x82"
"""Pillow reads an image without it, too."""


def blocks(config: SampleConfig) -> list[range]:
    """The indices of the images of each block; the last block may extend past num_samples."""
    size = config.batch_size
    return [range(i, i + size) for i in range(0, config.num_samples, size)]


def fingerprint(pipeline: DDPMPipeline) -> str:
    """A hash of the weights and the scheduler's configuration, which determine the samples."""
    digest = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(pipeline.unet.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    config = {k: v for k, v in pipeline.scheduler.config.items() if not k.startswith("_")}
    digest.update(json.dumps(config, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def network(pipeline: DDPMPipeline) -> str:
    """A hash of the network's class and config, defaults filled in: of what weights do not tell."""
    unet = pipeline.unet
    config = {k: v for k, v in unet.config.items() if not k.startswith("_")}
    described = json.dumps([type(unet).__qualname__, config], sort_keys=True, default=str)
    return hashlib.blake2b(described.encode(), digest_size=16).hexdigest()


def prepare_folder(config: SampleConfig, pipeline: DDPMPipeline) -> None:
    """Make the output folder. Raises UserError if it has samples of another model or settings."""
    folder = Path(config.output_dir)
    # The model is identified by its weights, not by its name.
    names = {f.name for f in fields(SampleConfig)} - {"model", "output_dir", "num_samples"}
    settings = {name: getattr(config, name) for name in sorted(names)}
    known = {"network": network(pipeline), "weights": fingerprint(pipeline)}
    settings |= {"class_label": class_number(config, pipeline), **known}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / SETTINGS
        earlier = _settings(path, known["network"])
        if earlier is not None:
            if other := sorted(k for k in settings if earlier.get(k) != settings[k]):
                raise UserError(
                    f"{folder} holds samples with another {', '.join(other)}; name another"
                    " --output_dir."
                )
        elif {file.name for file in folder.iterdir()} - {SETTINGS, f".{SETTINGS}.tmp"}:
            what = "is not empty and holds no samples"
            if path.exists():
                what = f"holds files of unknown origin, because {SETTINGS} can't be read"
            raise UserError(f"{folder} {what}; name another --output_dir.")
        write(path, json.dumps(settings, indent=2).encode())
    except OSError as error:
        reason = first_sentence(error)
        raise UserError(f"Can't write to --output_dir {folder}: {reason}.") from error


def _settings(path: Path, network: str) -> dict[str, Any] | None:
    """The settings of a folder's samples; None if there are none, or they are damaged."""
    # A setting that did not exist when the folder was made had its default value, and the network
    # can't be told.
    defaults = {f.name: f.default for f in fields(SampleConfig)} | {"network": network}
    try:
        return defaults | dict(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _pixels(path: Path) -> NDArray[np.uint8] | None:
    """The samples in a file; None if it is missing or damaged."""
    try:
        if path.suffix == ".png":
            content = path.read_bytes()
            image = Image.open(io.BytesIO(content))
            image.load()
            return np.asarray(image) if content.endswith(PNG_END) else None
        found = np.load(path)
        return np.asarray(found["arr_0"] if path.suffix == ".npz" else found)
    except Exception:  # of zipfile, zlib, NumPy or Pillow
        return None


def write(path: Path, content: bytes) -> None:
    """Write a file atomically, making its folder if needed. Raises UserError if that fails."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):  # where nothing can be written, nothing can be removed, either
            temporary.unlink()
        raise UserError(
            f"Can't write {path}: {first_sentence(error)}; once that is fixed, start again:"
            " finished samples are kept."
        ) from error


def _png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(file, "PNG")
    return file.getvalue()


def _npy(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    np.save(file, pixels)
    return file.getvalue()


def is_missing(config: SampleConfig, indices: range) -> bool:
    """Whether any file of this block is missing or damaged."""
    return any(_pixels(path) is None for path in _files(config, indices))


def write_block(config: SampleConfig, indices: range, pixels: NDArray[np.uint8]) -> None:
    """Write the images with these indices; whole files are left as they are.

    Raises UserError if a file can't be written.
    """
    contents = [_npy(pixels)] if config.format == "npz" else map(_png, pixels)
    for path, content in zip(_files(config, indices), contents, strict=False):
        if _pixels(path) is None:
            write(path, content)


def is_complete(config: SampleConfig) -> bool:
    """Whether the format is npz, and samples.npz exists with all its images."""
    pixels = _pixels(Path(config.output_dir) / ARCHIVE) if config.format == "npz" else None
    return pixels is not None and len(pixels) >= config.num_samples


def join_blocks(config: SampleConfig) -> None:
    """If the format is npz, join the blocks in samples.npz. Raises UserError if that fails."""
    if config.format != "npz":
        return
    folder = Path(config.output_dir)
    if not is_complete(config):
        parts = [np.load(path) for indices in blocks(config) for path in _files(config, indices)]
        file = io.BytesIO()
        np.savez(file, np.concatenate(parts)[: config.num_samples])
        write(folder / ARCHIVE, file.getvalue())
    shutil.rmtree(folder / BLOCKS, ignore_errors=True)


def read_samples(config: SampleConfig) -> NDArray[np.uint8]:
    """The samples in the folder: uint8, (num_samples, height, width, channels)."""
    folder = Path(config.output_dir)
    if config.format == "npz":
        pixels: NDArray[np.uint8] = np.load(folder / ARCHIVE)["arr_0"][: config.num_samples]
        return pixels
    files = [path for indices in blocks(config) for path in _files(config, indices)]
    pixels = np.stack([np.asarray(Image.open(path)) for path in files])
    return pixels if pixels.ndim == 4 else pixels[..., None]


def _files(config: SampleConfig, indices: range) -> list[Path]:
    """The files of a block."""
    folder = Path(config.output_dir)
    if config.format == "png":
        return [folder / f"{i:06d}.png" for i in indices if i < config.num_samples]
    return [folder / BLOCKS / f"{indices.start:06d}.npy"]
