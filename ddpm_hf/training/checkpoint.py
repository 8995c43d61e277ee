"""Checkpoints: written aside, synced, renamed into place; then the oldest are removed.

A checkpoint is a folder with the tensors (safetensors), the counters (JSON), and a manifest with
the size and the hash of both. So a run can be killed at any moment, and a checkpoint that was
damaged later is noticed.
"""

import hashlib
import json
import os
import re
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from ddpm_hf.errors import UserError

TENSORS, PLAIN, MANIFEST = "state.safetensors", "state.json", "manifest.json"
PACKAGES = ("torch", "diffusers", "accelerate", "datasets")


class DamagedError(Exception):
    """A checkpoint is not what was written; the message says in which way."""


def checkpoints(output_dir: Path) -> list[Path]:
    """The checkpoints in a run's folder, oldest first."""
    found = [p for p in output_dir.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", p.name)]
    return sorted(found, key=number)


def number(folder: Path) -> int:
    """The step of a checkpoint, by its name."""
    return int(folder.name.split("-")[1])


def remove_leftovers(output_dir: Path) -> None:
    """Clear away what a killed process was still writing or removing."""
    for left in output_dir.glob(".checkpoint-*"):
        _delete(left)


def save(output_dir: Path, step: int, state: dict[str, Any], keep: int | None) -> Path:
    """Write `checkpoint-{step}`, then keep the `keep` newest (None: all).

    The folder is there whole or not at all. Those with higher numbers are removed: the run has
    gone back behind them, for they are damaged or it was told to overwrite them.
    Raises OSError, with nothing changed, if it can't be written.
    """
    final = output_dir / f"checkpoint-{step}"
    aside = output_dir / f".{final.name}.tmp"
    remove_leftovers(output_dir)
    tensors: dict[str, Tensor] = {}
    plain = {"state": _without_tensors(state, "", tensors)}
    contents = {
        TENSORS: safetensors.torch.save(tensors),
        PLAIN: json.dumps(plain, indent=1).encode(),
    }
    manifest = {
        "files": {name: _seal(content) for name, content in contents.items()},
        "versions": {name: version(name) for name in PACKAGES},
    }
    contents[MANIFEST] = json.dumps(manifest, indent=1).encode()
    try:
        aside.mkdir()
        for name, content in contents.items():
            _write(aside / name, content)
        _sync(aside)
    except OSError:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    if final.exists():  # a damaged one that `latest` passed over, written again
        _remove(final)
    aside.rename(final)
    _sync(output_dir)
    there = checkpoints(output_dir)
    place = there.index(final)
    for left in there[place + 1 :]:
        _remove(left)
    if keep is not None:
        for old in there[: max(0, place + 1 - keep)]:
            _remove(old)
    return final


def load(folder: Path) -> dict[str, Any]:
    """The state in one checkpoint. Raises DamagedError if it is not what was written."""
    if not (folder / MANIFEST).exists():
        raise DamagedError(f"it has no {MANIFEST}, so it is cut short, or not of this program")
    try:
        seals = dict(json.loads((folder / MANIFEST).read_bytes())["files"])
        contents = {name: (folder / name).read_bytes() for name in seals}
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise DamagedError(f"{Path(str(error.filename)).name} is missing") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedError(f"{MANIFEST} can't be read") from error
    for name, seal in seals.items():
        if _seal(contents[name]) != seal:
            raise DamagedError(f"{name} is not what was written")
    if {TENSORS, PLAIN} - contents.keys():
        raise DamagedError(f"{MANIFEST} does not name all files")
    tensors = safetensors.torch.load(contents[TENSORS])
    state: dict[str, Any] = _with_tensors(json.loads(contents[PLAIN])["state"], tensors)
    return state


def named(output_dir: Path, which: str) -> Path:
    """The checkpoint of this path, or of this name in a run's folder. Raises UserError if none."""
    for folder in (Path(which), output_dir / which):
        if folder.is_dir():
            return folder.resolve()
    there = ", ".join(p.name for p in checkpoints(output_dir)) or "none yet"
    raise UserError(f"There is no checkpoint {which!r}; the run has: {there}.")


def find(output_dir: Path, which: str) -> tuple[dict[str, Any] | None, str]:
    """The state to go on from, and a sentence about where it comes from.

    which: `latest` of the run, passing over damaged ones, or a folder. No state for `latest` where
    there is none yet.
    Raises UserError for a folder that is no checkpoint or a damaged one, or if all are damaged.
    """
    if which != "latest":
        folder = named(output_dir, which)
        try:
            return load(folder), f"Going on from {folder.name}."
        except DamagedError as damage:
            raise UserError(f"{folder} is damaged: {damage}.") from damage
    passed_over: list[str] = []
    for folder in reversed(checkpoints(output_dir)):
        try:
            return load(folder), " ".join([*passed_over, f"Going on from {folder.name}."])
        except DamagedError as damage:
            passed_over.append(f"Passed over {folder.name}, which is damaged: {damage}.")
    if passed_over:
        raise UserError(" ".join([*passed_over, "No checkpoint is left to go on from."]))
    return None, f"{output_dir} holds no checkpoint yet: starting from the first step."


def _without_tensors(tree: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """The tree with each tensor moved to `tensors`, and its name there in its place."""
    if isinstance(tree, Tensor):
        tensors[path] = tree.detach().cpu().contiguous()
        return {"tensor": path}
    if isinstance(tree, dict):
        return {k: _without_tensors(v, f"{path}/{k}", tensors) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        return [_without_tensors(v, f"{path}/{i}", tensors) for i, v in enumerate(tree)]
    return tree


def _with_tensors(tree: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(tree, dict):
        if tree.keys() == {"tensor"}:
            return tensors[tree["tensor"]]
        return {k: _with_tensors(v, tensors) for k, v in tree.items()}
    return [_with_tensors(v, tensors) for v in tree] if isinstance(tree, list) else tree


def _seal(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make the names in a folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    """Out of sight in one go, then off the disk."""
    hidden = folder.with_name(f".{folder.name}.old")
    folder.rename(hidden)
    _delete(hidden)


def _delete(path: Path) -> None:
    """Take a folder off the disk, or a file where a checkpoint should be."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
