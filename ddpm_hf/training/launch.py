"""Beginning a run: the accelerator, the output folder, and acting together."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from accelerate import Accelerator
from accelerate.tracking import get_available_trackers
from accelerate.utils import broadcast_object_list

from ddpm_hf.errors import UserError
from ddpm_hf.training import checkpoint
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.record import RECORD, SAMPLES, VALIDATION

Result = TypeVar("Result")


def make_accelerator(config: TrainConfig) -> Accelerator:
    """The accelerator of this process.

    Raises UserError where a launcher started several processes that do not know of each other.
    """
    if config.logger not in map(str, get_available_trackers()):
        raise UserError(f"--logger {config.logger} needs its package: pip install {config.logger}.")
    accelerator = Accelerator(
        mixed_precision=config.mixed_precision,
        log_with=config.logger,
        project_dir=config.output_dir,
    )
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started > 1 and accelerator.num_processes == 1:
        raise UserError(
            f"The launcher started {started} processes, but each believes it is alone; on a machine"
            " without GPUs set ACCELERATE_USE_CPU=true before `accelerate launch --multi_gpu`."
        )
    # `accelerate launch` leaves one thread to a CPU process unless told; the others would idle.
    if accelerator.device.type == "cpu" and os.environ.get("OMP_NUM_THREADS", "1") == "1":
        torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // processes_here()))
    return accelerator


def processes_here() -> int:
    """How many processes of this run share this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def on_main(accelerator: Accelerator, work: Callable[[], Result]) -> Result:
    """Do something on the main process alone; all have its result, or all raise its UserError.

    All processes must call this. Otherwise those left would wait for the one that is gone.
    """
    told: list[Any] = [None, None]
    if accelerator.is_main_process:
        try:
            told[0] = work()
        except UserError as error:
            told[1] = str(error)
    result, refusal = broadcast_object_list(told)
    if refusal is not None:
        raise UserError(refusal)
    return cast(Result, result)


def claim_output_dir(config: TrainConfig) -> None:
    """Make the output folder. Raises UserError if it holds another run or can't be written."""
    folder = Path(config.output_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        checkpoint.remove_leftovers(folder)
        for leftover in folder.glob(".pipeline-*"):
            shutil.rmtree(leftover)
    except OSError as error:
        raise UserError(f"Can't write to --output_dir {folder}: {error.strerror}.") from error
    if config.resume_from_checkpoint is not None or not any(folder.iterdir()):
        return
    if not config.overwrite_output_dir:
        raise UserError(
            f"--output_dir {folder} is not empty; go on with its run by --resume_from_checkpoint"
            " latest, start anew with --overwrite_output_dir, or name another folder."
        )
    for old in (*checkpoint.checkpoints(folder), folder / SAMPLES, folder / config.logging_dir):
        shutil.rmtree(old, ignore_errors=True)
    for table in (RECORD, VALIDATION):
        (folder / table).unlink(missing_ok=True)
