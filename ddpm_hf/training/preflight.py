"""Beginning a run: the accelerator with its tracker, and the output folder."""

import re
import shutil
import tempfile
from pathlib import Path

from accelerate import Accelerator
from accelerate.tracking import get_available_trackers
from accelerate.utils import ProjectConfiguration

from ddpm_hf import distributed
from ddpm_hf.errors import UserError
from ddpm_hf.training import checkpoint
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.run_log import RECORD, SAMPLES, VALIDATION

PROJECT = "train_accelerate"
"""What trackers call it."""


def make_accelerator(config: TrainConfig) -> Accelerator:
    """The accelerator of this process.

    Raises UserError for a tracker that is not installed, or what the launcher can't ask for.
    """
    if config.logger not in map(str, get_available_trackers()):
        raise UserError(f"--logger {config.logger} needs its package: pip install {config.logger}.")
    accelerator = distributed.make_accelerator(
        mixed_precision=config.mixed_precision,
        log_with=config.logger,
        project_config=ProjectConfiguration(
            project_dir=config.output_dir,
            logging_dir=str(Path(config.output_dir) / config.logging_dir),
        ),
    )
    if accelerator.gradient_accumulation_steps > 1:
        raise UserError(
            "The launcher's --gradient_accumulation_steps (ACCELERATE_GRADIENT_ACCUMULATION_STEPS)"
            " is for Accelerate's own loop: give it after train_accelerate.py instead."
        )
    if accelerator.device.type == "cpu" and accelerator.mixed_precision == "fp16":
        raise UserError("fp16 needs a GPU; on a CPU train with --mixed_precision bf16, or no.")
    return accelerator


def claim_output_dir(config: TrainConfig) -> None:
    """Make the output folder.

    Raises UserError if it can't be written, or if the new run would take something from another
    that it holds.
    """
    folder = Path(config.output_dir)
    data = config.train_data_dir or config.dataset_name
    for place in (folder, folder / SAMPLES, folder / config.logging_dir):
        if data and Path(data).is_dir() and place.resolve().is_relative_to(Path(data).resolve()):
            raise UserError(
                f"--output_dir {folder} would put pictures into the data in {data}, and they would"
                " become some of them; name another."
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        checkpoint.remove_leftovers(folder)
        for leftover in folder.glob(".pipeline-*"):
            shutil.rmtree(leftover)
    except OSError as error:
        raise UserError(f"Can't write to --output_dir {folder}: {error.strerror}.") from error
    beginning, which = _beginning(config), config.resume_from_checkpoint
    if config.overwrite_output_dir:
        return
    if which != "latest" and any(folder.iterdir()):
        _spare(folder, beginning)
    finished = (folder / "model_index.json").exists()
    if which == "latest" and finished and not checkpoint.checkpoints(folder):
        raise UserError(
            f"--output_dir {folder} holds a finished model and no checkpoint to go on from; begin"
            " with its weights by --init_from and another --output_dir."
        )


def _beginning(config: TrainConfig) -> Path | None:
    """The named checkpoint to start from; None for none or `latest`. Raises UserError for a
    name that is none.
    """
    which = config.resume_from_checkpoint
    if which is None or which == "latest":
        return None
    return checkpoint.named(Path(config.output_dir), which)


def _spare(folder: Path, beginning: Path | None) -> None:
    """Raise UserError if starting there would remove something of the run in this folder."""
    there = checkpoint.checkpoints(folder.resolve())
    if beginning not in there:
        raise UserError(
            f"--output_dir {folder} is not empty; go on with its run by --resume_from_checkpoint"
            " latest, start anew with --overwrite_output_dir, or name another folder."
        )
    if newer := there[there.index(beginning) + 1 :]:
        raise UserError(
            f"To go on from {beginning.name} would remove {', '.join(p.name for p in newer)}; allow"
            " it by --overwrite_output_dir, or name another --output_dir."
        )


def remove_old_run(config: TrainConfig) -> None:
    """Remove what another run wrote of its course, once nothing is in the way of the new one.

    Where the new one goes on with it: what comes after the checkpoint that was named.
    """
    if config.resume_from_checkpoint == "latest":
        return
    folder, beginning = Path(config.output_dir), _beginning(config)
    there = checkpoint.checkpoints(folder.resolve())
    kept = checkpoint.number(beginning) if beginning in there else -1
    for old in there:
        if checkpoint.number(old) > kept:
            shutil.rmtree(old, ignore_errors=True)
    for picture in (folder / SAMPLES).glob("*.png"):
        shown = re.fullmatch(r"(?:step|strip)-(\d+)", picture.stem)
        if shown and int(shown[1]) > kept:
            picture.unlink()
    if kept >= 0:
        return
    log = folder / config.logging_dir / PROJECT
    if log.resolve().is_relative_to(folder.resolve()):  # --logging_dir may lead elsewhere
        shutil.rmtree(log, ignore_errors=True)
    for table in (RECORD, VALIDATION):
        (folder / table).unlink(missing_ok=True)
