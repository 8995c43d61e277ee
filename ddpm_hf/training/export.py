"""What a run saves: checkpoints, and the pipeline with its model card and images."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError

from ddpm_hf.bundled import is_on_hub
from ddpm_hf.cli import started_as
from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.hub.card import TrainingFacts, model_card
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.training import checkpoint, ema_lengths
from ddpm_hf.training.loss_curve import draw_curve
from ddpm_hf.training.run_log import TRAINING_CSV, RunLog
from ddpm_hf.training.samples import Samples, enlarged
from ddpm_hf.training.source import Source
from ddpm_hf.training.state import TrainingState


def last_checkpoint(folder: Path) -> str:
    """Which checkpoint a run can resume from, as a clause of an error message."""
    found = checkpoint.checkpoints(folder)
    return f"the last good one is {found[-1].name}" if found else "there is no checkpoint yet"


def lower_learning_rate(folder: Path) -> str:
    """What to do after a NaN, as a clause of an error message."""
    rate = "with a lower --learning_rate"
    if checkpoint.checkpoints(folder):
        resume = "resume from it with --resume_from_checkpoint latest"
        return f"{last_checkpoint(folder)}: {resume}, {rate}"
    return f"{last_checkpoint(folder)}: start again {rate} and --overwrite_output_dir"


@contextmanager
def written(what: str, folder: Path) -> Iterator[None]:
    """Write `what` inside. Raises UserError, which says how to go on, if that can't be done."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"Can't write {what} to {folder}: {first_sentence(error)}; {last_checkpoint(folder)}."
            " Once there is room, resume with --resume_from_checkpoint latest."
        ) from error


def save_checkpoint(state: TrainingState) -> None:
    """Write a checkpoint. Raises UserError, the earlier ones untouched, if that can't be done."""
    folder = Path(state.config.output_dir)
    if not state.weights_are_finite():
        raise UserError(
            f"The weights are NaN or infinite at step {state.step}, so no checkpoint was"
            f" written; {lower_learning_rate(folder)}."
        )
    with written(f"checkpoint-{state.step}", folder):
        ema_lengths.save_snapshot(folder, state.step, state.averages)
        keep = state.config.checkpoints_total_limit
        checkpoint.save(folder, state.step, state.state_dict(), keep)


def stored_pipeline(state: TrainingState) -> DDPMPipeline:
    """The pipeline as it stands, in float32, with its weights rounded to --weights_dtype."""
    pipeline = state.pipeline()
    _cast(pipeline, state.config.weights_dtype)
    _cast(pipeline, "float32")
    return pipeline


def _cast(pipeline: DDPMPipeline, dtype: str) -> None:
    """Change the dtype of the weights; diffusers' own `to` warns of an empty list of exceptions."""
    for weight in pipeline.unet.parameters():
        weight.data = weight.to(getattr(torch, dtype))


def save_pipeline(
    pipeline: DDPMPipeline, samples: Samples, facts: TrainingFacts, state: TrainingState
) -> None:
    """Write the pipeline with its card and images; each file is replaced whole or not at all.

    Raises UserError if that can't be done.
    """
    folder = Path(state.config.output_dir)
    with (
        written("the pipeline", folder),
        tempfile.TemporaryDirectory(dir=folder, prefix=".pipeline-") as temporary,
    ):
        new = Path(temporary)
        _cast(pipeline, state.config.weights_dtype)
        pipeline.save_pretrained(new)
        model_card(facts).save(new / "README.md")
        enlarged(samples.grid).save(new / "samples.png")
        enlarged(samples.strip, 864).save(new / "strip.png")
        loss_curve(folder / TRAINING_CSV).save(new / "loss.png")
        for file in (f for f in new.rglob("*") if f.is_file()):
            target = folder / file.relative_to(new)
            target.parent.mkdir(exist_ok=True)
            file.replace(target)


def training_facts(pipeline: DDPMPipeline, log: RunLog, source: Source, name: str) -> TrainingFacts:
    """What the model card states of a run. name: what the model is called."""
    state, config = log.state, log.state.config
    T, accelerator = state.schedule.T, state.accelerator
    info = source.dataset.info
    data = str(config.dataset_name or config.train_data_dir)
    is_folder, start = Path(data).is_dir(), config.init_from
    return TrainingFacts(
        name=name,
        dataset=Path(data).resolve().name if is_folder else data,
        on_hub=not is_folder and data != "cats",
        base_model=start if start is not None and is_on_hub(start) else None,
        classes=pipeline.class_names,
        can_be_guided=pipeline.null_class is not None,
        resolution=config.resolution,
        command=[*started_as("ddpm_hf.train"), *sys.argv[1:]],
        config=config.recipe(),
        seed=config.seed,
        steps=state.step,
        total_steps=max(state.step, state.plan.total_steps),
        batch=state.shard.global_batch_size,
        minutes=state.seconds / 60,
        loss=log.loss,
        loss_steps=min(state.step, len(log.losses) * config.logging_steps),
        validation_split=config.validation_split,
        validation_loss=log.validation_loss,
        T=T,
        schedule=state.scheduler.config.beta_schedule,
        prediction=state.scheduler.config.prediction_type,
        inference_steps=min(config.ddpm_num_inference_steps, T),
        parameters=sum(p.numel() for p in pipeline.unet.parameters()) / 1e6,
        dtype=config.weights_dtype,
        device=accelerator.device.type,
        precision=accelerator.mixed_precision,
        processes=accelerator.num_processes,
        license=info.license or None,
        attribution=info.citation if data == "cats" and not is_folder else None,
    )


def loss_curve(training_csv: Path) -> Image.Image:
    """The loss over the steps, as an image."""
    rows = np.atleast_1d(np.genfromtxt(training_csv, delimiter=",", names=True))
    return draw_curve(rows["number"].tolist(), rows["loss"].tolist(), "loss")
