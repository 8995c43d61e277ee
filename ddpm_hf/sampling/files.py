"""Where samples go: an output folder that a killed run can be completed in."""

import hashlib
import io
import json
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ddpm_hf.errors import UserError
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.sampling.model import class_number

SETTINGS, ALL, PARTS = "sampling.json", "samples.npz", ".parts"


def blocks(config: SampleConfig) -> list[range]:
    """The numbers of the images, block by block; the last block may reach past num_samples."""
    size = config.batch_size
    return [range(i, i + size) for i in range(0, config.num_samples, size)]


def fingerprint(pipeline: DDPMPipeline) -> str:
    """Of the weights and the noise schedule: other ones draw other pictures."""
    digest = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(pipeline.unet.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    config = {k: v for k, v in pipeline.scheduler.config.items() if not k.startswith("_")}
    digest.update(json.dumps(config, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def claim(config: SampleConfig, pipeline: DDPMPipeline) -> None:
    """Make the output folder. Raises UserError if it holds samples of another model or settings."""
    folder = Path(config.output_dir)
    # The weights say which model it is, whatever it is called.
    decisive = {f.name for f in fields(SampleConfig)} - {"model", "output_dir", "num_samples"}
    settings = {name: getattr(config, name) for name in sorted(decisive)}
    settings |= {"class_label": class_number(config, pipeline), "weights": fingerprint(pipeline)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / SETTINGS
        if path.exists():
            # A setting that is newer than the folder had its default.
            before = {f.name: f.default for f in fields(SampleConfig)} | json.loads(
                path.read_text()
            )
            if other := sorted(k for k in settings if before.get(k) != settings[k]):
                raise UserError(
                    f"{folder} holds samples with another {', '.join(other)}; name another"
                    " --output_dir."
                )
        elif any(folder.iterdir()):
            raise UserError(
                f"{folder} is not empty and holds no samples; name another --output_dir."
            )
        _write(path, json.dumps(settings, indent=2).encode())
    except OSError as error:
        raise UserError(f"Can't write to --output_dir {folder}: {error.strerror}.") from error


def _write(path: Path, content: bytes) -> None:
    """A file, there whole or not at all, and its folder. Raises UserError if that can't be."""
    aside = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(exist_ok=True)
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise UserError(
            f"Can't write {path}: {error.strerror}; once that is mended, start it again to complete"
            " the samples."
        ) from error


def _png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(file, "PNG")
    return file.getvalue()


def _npy(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    np.save(file, pixels)
    return file.getvalue()


def is_missing(config: SampleConfig, numbers: range) -> bool:
    """Whether something of this block is still to be worked out."""
    return not all(path.exists() for path in _files(config, numbers))


def write_block(config: SampleConfig, numbers: range, pixels: NDArray[np.uint8]) -> None:
    """Write the images of these numbers; those that are there stay as they are.

    Raises UserError if that can't be.
    """
    contents = [_npy(pixels)] if config.format == "npz" else map(_png, pixels)
    for path, content in zip(_files(config, numbers), contents, strict=False):
        if not path.exists():
            _write(path, content)


def is_whole(config: SampleConfig) -> bool:
    """Whether samples.npz is asked for, and there with as many images."""
    there = config.format == "npz" and (Path(config.output_dir) / ALL).exists()
    return there and len(read_samples(config)) == config.num_samples


def finish(config: SampleConfig) -> None:
    """Join the blocks to samples.npz, where that is asked for. Raises UserError if it can't be."""
    if config.format != "npz":
        return
    folder = Path(config.output_dir)
    if not is_whole(config):
        parts = [np.load(path) for numbers in blocks(config) for path in _files(config, numbers)]
        file = io.BytesIO()
        np.savez(file, np.concatenate(parts)[: config.num_samples])
        _write(folder / ALL, file.getvalue())
    shutil.rmtree(folder / PARTS, ignore_errors=True)


def read_samples(config: SampleConfig) -> NDArray[np.uint8]:
    """What was written: (num_samples, height, width, channels)."""
    folder = Path(config.output_dir)
    if config.format == "npz":
        pixels: NDArray[np.uint8] = np.load(folder / ALL)["arr_0"][: config.num_samples]
        return pixels
    files = [path for numbers in blocks(config) for path in _files(config, numbers)]
    pixels = np.stack([np.asarray(Image.open(path)) for path in files])
    return pixels if pixels.ndim == 4 else pixels[..., None]


def _files(config: SampleConfig, numbers: range) -> list[Path]:
    """Where a block's images go."""
    folder = Path(config.output_dir)
    if config.format == "png":
        return [folder / f"{i:06d}.png" for i in numbers if i < config.num_samples]
    return [folder / PARTS / f"{numbers.start:06d}.npy"]
