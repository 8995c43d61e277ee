"""Checkpoints: written under a temporary name, synced, renamed; then the oldest are removed.

A checkpoint is a folder with the tensors (safetensors), everything else (JSON), and a manifest with
the size and hash of both files. So a run can be killed at any moment, and damage is noticed.
"""

import hashlib
import json
import logging
import os
import re
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from ddpm_hf.errors import UserError, first_sentence

logger = logging.getLogger(__name__)

TENSORS, VALUES, MANIFEST = "state.safetensors", "state.json", "manifest.json"
PACKAGES = ("torch", "diffusers", "accelerate", "datasets")
"""Their versions are in the manifest."""


class DamagedError(Exception):
    """A checkpoint is not as it was written; the message says what is wrong."""


def checkpoints(output_dir: Path) -> list[Path]:
    """The checkpoints in a run's folder, oldest first."""
    found = [p for p in output_dir.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", p.name)]
    return sorted(found, key=step_of)


def step_of(folder: Path) -> int:
    """The step of a checkpoint, by its folder's name."""
    return int(folder.name.split("-")[1])


def remove_leftovers(output_dir: Path) -> None:
    """Remove what a killed process was still writing or removing."""
    for leftover in output_dir.glob(".checkpoint-*"):
        discard(leftover)


def save(output_dir: Path, step: int, state: dict[str, Any], keep: int | None) -> Path:
    """Write `checkpoint-{step}`, then remove all but the `keep` newest (None: keep all).

    The folder is there whole or not at all. Checkpoints of later steps are removed, too: they are
    damaged, or the run was told to overwrite them. What can't be removed is reported and kept.
    Raises OSError, with nothing changed, if it can't be written.
    """
    final = output_dir / f"checkpoint-{step}"
    temporary = output_dir / f".{final.name}.tmp"
    remove_leftovers(output_dir)
    contents = _contents(state)
    try:
        temporary.mkdir()
        for name, content in contents.items():
            _write(temporary / name, content)
        _sync(temporary)
    except OSError:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    if os.path.lexists(final):  # a damaged one that `latest` skipped
        _remove(final)
    temporary.rename(final)
    _sync(output_dir)
    existing = checkpoints(output_dir)
    end = existing.index(final) + 1
    old = [] if keep is None else existing[: max(0, end - keep)]
    for superseded in existing[end:] + old:
        _remove(superseded)
    return final


def _contents(state: dict[str, Any]) -> dict[str, bytes]:
    """The files of a checkpoint, by name."""
    tensors: dict[str, Tensor] = {}
    values = {"state": _without_tensors(state, "", tensors)}
    contents = {
        TENSORS: safetensors.torch.save(tensors),
        VALUES: json.dumps(values, indent=1).encode(),
    }
    manifest = {
        "files": {name: _digest(content) for name, content in contents.items()},
        "versions": {name: version(name) for name in PACKAGES},
    }
    return {**contents, MANIFEST: json.dumps(manifest, indent=1).encode()}


def load(folder: Path) -> dict[str, Any]:
    """The state in one checkpoint. Raises DamagedError if it is not as it was written."""
    if not (folder / MANIFEST).exists():
        raise DamagedError(f"it has no {MANIFEST}, so it is cut short, or not of this program")
    try:
        digests = dict(json.loads((folder / MANIFEST).read_bytes())["files"])
        contents = {name: (folder / name).read_bytes() for name in digests}
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise DamagedError(f"{Path(str(error.filename)).name} is missing") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedError(f"{MANIFEST} can't be read") from error
    for name, digest in digests.items():
        if _digest(contents[name]) != digest:
            raise DamagedError(f"{name} is not what was written")
    if {TENSORS, VALUES} - contents.keys():
        raise DamagedError(f"{MANIFEST} does not name all files")
    tensors = safetensors.torch.load(contents[TENSORS])
    state: dict[str, Any] = _with_tensors(json.loads(contents[VALUES])["state"], tensors)
    return state


def resolve(output_dir: Path, which: str) -> Path:
    """The checkpoint of this path, or of this name in a run's folder. Raises UserError if none."""
    for folder in (Path(which), output_dir / which):
        if folder.is_dir():
            return folder.resolve()
    existing = ", ".join(p.name for p in checkpoints(output_dir)) or "none yet"
    raise UserError(f"There is no checkpoint {which!r}; the run has: {existing}.")


def find(output_dir: Path, which: str) -> tuple[dict[str, Any] | None, str]:
    """The state to resume from, and a message that says where it comes from.

    which: a checkpoint's folder, or `latest`: the newest of the run that is not damaged, or None if
    there is none yet.
    Raises UserError for a folder that is no checkpoint or a damaged one, or if all are damaged.
    """
    if which != "latest":
        folder = resolve(output_dir, which)
        try:
            return load(folder), f"Resuming from {folder.name}."
        except DamagedError as damage:
            raise UserError(f"{folder} is damaged: {damage}.") from damage
    skipped: list[str] = []
    for folder in reversed(checkpoints(output_dir)):
        try:
            return load(folder), " ".join([*skipped, f"Resuming from {folder.name}."])
        except DamagedError as damage:
            skipped.append(f"Passed over {folder.name}, which is damaged: {damage}.")
    if skipped:
        raise UserError(" ".join([*skipped, "No checkpoint is left to resume from."]))
    return None, f"{output_dir} has no checkpoint yet: starting from the first step."


def _without_tensors(tree: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """The tree with each tensor moved to `tensors` and replaced by its name there."""
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


def _digest(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, which is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    _write(temporary, content)
    temporary.replace(path)
    _sync(path.parent)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Have the entries of a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    """Hide a checkpoint by one atomic rename, then delete it; a warning if that can't be done."""
    hidden = folder.with_name(f".{folder.name}.old")
    try:
        folder.rename(hidden)
    except OSError as error:
        logger.warning("Can't remove %s: %s.", folder, first_sentence(error))
    else:
        discard(hidden)


def discard(path: Path) -> None:
    """Delete a folder, a file or a link (not its target); warns if that fails."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        logger.warning("Can't remove %s: %s.", path, first_sentence(error))
