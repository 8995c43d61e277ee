"""Checkpoints: written aside, synced, renamed into place; then the oldest are removed."""

import os
import shutil
from pathlib import Path
from typing import Any

import torch

from ddpm_hf.errors import UserError

STATE = "state.pt"


def checkpoints(output_dir: Path) -> list[Path]:
    """The checkpoints in a run's folder, oldest first."""
    found = [p for p in output_dir.glob("checkpoint-*") if p.name.split("-")[1].isdigit()]
    return sorted(found, key=lambda path: int(path.name.split("-")[1]))


def save(output_dir: Path, step: int, state: dict[str, Any], keep: int | None) -> Path:
    """Write `checkpoint-{step}` so that it is there whole or not at all, then keep the newest."""
    final = output_dir / f"checkpoint-{step}"
    aside = output_dir / f".{final.name}.tmp"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    with (aside / STATE).open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    shutil.rmtree(final, ignore_errors=True)
    aside.rename(final)
    if keep is not None:
        for old in checkpoints(output_dir)[:-keep]:
            shutil.rmtree(old)
    return final


def load(output_dir: Path, which: str) -> dict[str, Any] | None:
    """The state in a checkpoint: `latest` of the run, or a folder. None if there is none yet."""
    if which == "latest":
        found = checkpoints(output_dir)
        if not found:
            return None
        folder = found[-1]
    else:
        named = [p for p in (Path(which), output_dir / which) if (p / STATE).exists()]
        if not named:
            raise UserError(
                f"There is no checkpoint {which!r}; the run has: "
                + (", ".join(p.name for p in checkpoints(output_dir)) or "none yet")
                + "."
            )
        folder = named[0]
    state: dict[str, Any] = torch.load(folder / STATE, map_location="cpu", weights_only=True)
    return state
