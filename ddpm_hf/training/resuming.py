"""Resuming from a checkpoint, on all processes."""

import dataclasses
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from accelerate.utils import broadcast_object_list

from ddpm_hf.distributed import on_any, on_main
from ddpm_hf.training import checkpoint
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.state import TrainingState

MAY_DIFFER = {"max_train_steps", "max_train_minutes", "num_epochs", "output_dir", "cache_dir"}
"""Settings that a resumed run may change without notice."""


def resume(state: TrainingState, which: str) -> None:
    """Go on from the checkpoint that the main process finds, if there is one, and say so.

    Raises what `checkpoint.find` and `TrainingState.load_state_dict` raise.
    """
    config, tell = state.config, state.accelerator.print
    saved, message = find(state.accelerator, Path(config.output_dir), which)
    tell(message)
    if saved is None:
        return
    if changed := _changed_settings(config, saved["config"]):
        tell(f"Changed since the checkpoint: {', '.join(changed)}.")
    state.load_state_dict(saved)
    for key, what, now in (
        ("global_batch_size", "A step", state.shard.global_batch_size),
        ("rows", "An epoch", state.plan.rows),
    ):
        before = saved.get(key, now)  # an earlier version kept no rows
        if before != now and None not in (before, now):  # a stream does not tell its rows
            tell(
                f"{what} had {before} images before the checkpoint and has {now} now, so"
                " the result differs from an uninterrupted run's."
            )


def find(accelerator: Accelerator, folder: Path, which: str) -> tuple[dict[str, Any] | None, str]:
    """What `checkpoint.find` finds on the main process, on all; each reads the files itself.

    Only where one of them can't, the state is sent. All processes must call this.
    """
    state: list[dict[str, Any] | None] = []

    def found() -> tuple[tuple[Path, bytes] | None, str]:
        saved, message = checkpoint.find(folder, which)
        state.append(saved)
        if saved is None:
            return None, message
        name = f"checkpoint-{saved['step']}" if which == "latest" else which
        place = checkpoint.resolve(folder, name)
        return (place, (place / checkpoint.MANIFEST).read_bytes()), message

    where, message = on_main(accelerator, found)
    if where is None:
        return None, message
    if not accelerator.is_main_process:
        state.append(_read(*where))
    if on_any(accelerator, state[0] is None):
        broadcast_object_list(state)
    return state[0], message


def _read(folder: Path, manifest: bytes) -> dict[str, Any] | None:
    """The checkpoint with this manifest; None if this machine does not have it there."""
    try:
        same = (folder / checkpoint.MANIFEST).read_bytes() == manifest
        return checkpoint.load(folder) if same else None
    except (OSError, checkpoint.DamagedError):
        return None


def _changed_settings(config: TrainConfig, saved: dict[str, Any]) -> list[str]:
    """The names of the settings that are not as a checkpoint has them."""
    # A setting that is newer than the checkpoint had its default then.
    defaults = {field.name: field.default for field in dataclasses.fields(config)}
    now, then = config.settings(), defaults | saved
    changed = {name for name, value in now.items() if _as_json(then[name]) != _as_json(value)}
    return sorted(changed - MAY_DIFFER)


def _as_json(value: Any) -> Any:
    """A setting as JSON gives it back."""
    return list(value) if isinstance(value, tuple) else value
