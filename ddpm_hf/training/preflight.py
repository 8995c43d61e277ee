"""Checks before a run: what the launcher and the tracker can do, and the output folder."""

import json
import re
import shutil
import tempfile
from pathlib import Path

from accelerate import Accelerator
from accelerate.tracking import get_available_trackers
from accelerate.utils import ProjectConfiguration

from ddpm_hf import distributed
from ddpm_hf.errors import UserError, as_text, first_sentence
from ddpm_hf.hub.upload import PICTURES
from ddpm_hf.training import checkpoint, ema_lengths
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.run_log import SAMPLES, TRAINING_CSV, VALIDATION_CSV

WRITTEN = (
    *("README.md", "config.json", "unet", "scheduler", SAMPLES, TRAINING_CSV, VALIDATION_CSV),
    *PICTURES,
)
"""What a run writes, beside checkpoints and logs; its model_index.json is checked apart."""
PROJECT = "train_accelerate"
"""The project's name in trackers."""


def training_accelerator(config: TrainConfig) -> Accelerator:
    """The accelerator of this process, with its tracker.

    Raises UserError for a tracker that is not installed, or a launcher's setting that can't be had.
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
    if accelerator.mixed_precision == "bf16" and distributed.emulates_bf16(accelerator.device):
        accelerator.print(
            "This CPU has no bfloat16 instructions, which makes bf16 much slower than float32:"
            " add --mixed_precision no."
        )
    return accelerator


def check_login(logger: str) -> None:
    """Raise UserError where wandb has no login: it would ask only when all images are decoded."""
    if logger != "wandb":
        return
    import wandb

    try:
        wandb.login()
    except Exception as error:  # of wandb's own kind
        raise UserError(
            f"--logger wandb: {first_sentence(error)}; `wandb login` adds one, and without an"
            " account WANDB_MODE=offline keeps the log on this machine."
        ) from error


def check_output_dir(config: TrainConfig) -> None:
    """Make the output folder.

    Raises UserError if it can't be written, or if the run would remove something of another run
    that it holds.
    """
    folder = Path(config.output_dir)
    _check_outside_data(config)
    if (shown := as_text(str(folder.absolute()))) != str(folder.absolute()):
        raise UserError(
            f"The log can't be in {shown}, whose name is not UTF-8: name another folder."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        checkpoint.remove_leftovers(folder)
        for leftover in folder.glob(".pipeline-*"):
            checkpoint.discard(leftover)
    except OSError as error:
        reason = first_sentence(error)
        raise UserError(f"Can't write to --output_dir {folder}: {reason}.") from error
    start, which = _named_checkpoint(config), config.resume_from_checkpoint
    if config.overwrite_output_dir:
        return
    if which != "latest" and any(folder.iterdir()):
        _check_nothing_is_lost(folder, start)
    if which != "latest" or checkpoint.checkpoints(folder):
        return
    if (folder / "model_index.json").exists():
        raise UserError(
            f"--output_dir {folder} holds a finished model without a checkpoint; to fine-tune it,"
            " use --init_from and another --output_dir."
        )
    if (there := [n for n in WRITTEN if (folder / n).exists()]) and not _holds_a_run(folder):
        raise UserError(
            f"--output_dir {folder} holds {', '.join(there)} but no run to resume; name"
            " another folder, or replace them with --overwrite_output_dir."
        )


def _holds_a_run(folder: Path) -> bool:
    """Whether a run has begun there: its settings are the first that it writes."""
    try:
        return "output_dir" in dict(json.loads((folder / "config.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return False


def _check_outside_data(config: TrainConfig) -> None:
    """Raise UserError if the run would write images into the folder that it reads them from."""
    folder = Path(config.output_dir)
    data = config.train_data_dir or config.dataset_name
    for place in (folder, folder / SAMPLES, folder / config.logging_dir):
        if data and Path(data).is_dir() and place.resolve().is_relative_to(Path(data).resolve()):
            raise UserError(
                f"--output_dir {folder} would put images into the data in {data}, where they would"
                " be trained on; name another."
            )


def _named_checkpoint(config: TrainConfig) -> Path | None:
    """The checkpoint to resume from if it is named; None for none or `latest`.

    Raises UserError if there is none of that name.
    """
    which = config.resume_from_checkpoint
    if which is None or which == "latest":
        return None
    return checkpoint.resolve(Path(config.output_dir), which)


def _check_nothing_is_lost(folder: Path, start: Path | None) -> None:
    """Raise UserError if a run that starts there would remove something of the folder's run."""
    existing = checkpoint.checkpoints(folder.resolve())
    if start not in existing:
        raise UserError(
            f"--output_dir {folder} is not empty; resume its run with --resume_from_checkpoint"
            " latest, replace it with --overwrite_output_dir, or name another folder."
        )
    if newer := existing[existing.index(start) + 1 :]:
        raise UserError(
            f"Resuming from {start.name} would remove {', '.join(p.name for p in newer)}; allow"
            " it with --overwrite_output_dir, or name another --output_dir."
        )


def remove_old_run(config: TrainConfig, step: int) -> None:
    """Remove what an earlier run wrote to the output folder, once the new one starts after `step`.

    If the new run resumes it from a named checkpoint: only what is newer than that checkpoint.
    """
    folder = Path(config.output_dir)
    if config.resume_from_checkpoint == "latest":
        ema_lengths.remove_later(folder, step)
        return
    existing, start = checkpoint.checkpoints(folder.resolve()), _named_checkpoint(config)
    last_kept_step = step if start in existing else -1
    ema_lengths.remove_later(folder, last_kept_step)
    for old in existing:
        if checkpoint.step_of(old) > last_kept_step:
            checkpoint.discard(old)
    for image in (folder / SAMPLES).glob("*.png"):
        drawn = re.fullmatch(r"(?:step|strip)-(\d+)", image.stem)
        if drawn and int(drawn[1]) > last_kept_step:
            image.unlink()
    if last_kept_step >= 0:
        return
    log = folder / config.logging_dir / PROJECT
    if log.resolve().is_relative_to(folder.resolve()):  # --logging_dir may lead elsewhere
        shutil.rmtree(log, ignore_errors=True)
    for table in (TRAINING_CSV, VALIDATION_CSV):
        (folder / table).unlink(missing_ok=True)
