"""What a run leaves behind: checkpoints, and the pipeline with its card and pictures."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError

from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.hub.card import TrainingFacts, model_card
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.training import checkpoint
from ddpm_hf.training.loss_curve import draw_curve
from ddpm_hf.training.run_log import RECORD, RunLog
from ddpm_hf.training.samples import Samples, enlarged
from ddpm_hf.training.source import Source
from ddpm_hf.training.trainer import Trainer


def last_good(folder: Path) -> str:
    """Which checkpoint there is to go on from, as a clause."""
    there = checkpoint.checkpoints(folder)
    return f"the last good one is {there[-1].name}" if there else "there is no checkpoint yet"


def lower_rate(folder: Path) -> str:
    """What to do where numbers broke, as a clause."""
    rate = "with a lower --learning_rate"
    if checkpoint.checkpoints(folder):
        return f"{last_good(folder)}: go on from there by --resume_from_checkpoint latest, {rate}"
    return f"{last_good(folder)}: start anew {rate} and --overwrite_output_dir"


def save_checkpoint(trainer: Trainer) -> None:
    """Write a checkpoint. Raises UserError, the last good one untouched, if that can't be done."""
    folder = Path(trainer.config.output_dir)
    if not trainer.is_finite():
        raise UserError(
            f"The weights are not numbers any more at step {trainer.step}, so no checkpoint was"
            f" written; {lower_rate(folder)}."
        )
    keep = trainer.config.checkpoints_total_limit
    try:
        checkpoint.save(folder, trainer.step, trainer.state_dict(), keep)
    except OSError as error:
        raise UserError(
            f"Can't write checkpoint-{trainer.step} to {folder}: {error.strerror};"
            f" {last_good(folder)}. Once there is room, go on with --resume_from_checkpoint latest."
        ) from error


def stored_pipeline(trainer: Trainer) -> DDPMPipeline:
    """The pipeline as it stands, its weights rounded to what will be stored."""
    pipeline = trainer.pipeline()
    _cast(pipeline, trainer.config.weights_dtype)
    _cast(pipeline, "float32")
    return pipeline


def _cast(pipeline: DDPMPipeline, dtype: str) -> None:
    """Change the weights' precision; diffusers' own `to` warns of an empty list of exceptions."""
    for weight in pipeline.unet.parameters():
        weight.data = weight.to(getattr(torch, dtype))


def save_model(
    pipeline: DDPMPipeline, record: RunLog, samples: Samples, source: Source, name: str
) -> None:
    """Write the pipeline with its card and pictures; each file is there whole or not at all.

    Raises UserError if that can't be done.
    """
    trainer = record.trainer
    config, folder = trainer.config, Path(trainer.config.output_dir)
    info = source.dataset.info
    data = str(config.dataset_name or config.train_data_dir)
    is_folder = Path(data).is_dir()
    parameters = sum(p.numel() for p in pipeline.unet.parameters()) / 1e6
    facts = TrainingFacts(
        name=name,
        dataset=Path(data).resolve().name if is_folder else data,
        on_hub=not is_folder and data != "cats",
        classes=pipeline.class_names,
        can_be_guided=pipeline.null_class is not None,
        resolution=config.resolution,
        command=["accelerate", "launch", Path(sys.argv[0]).name, *sys.argv[1:]],
        config=config.recipe(),
        seed=config.seed,
        steps=trainer.step,
        total_steps=max(trainer.step, trainer.total_steps),
        batch=trainer.shard.global_batch_size,
        minutes=trainer.seconds / 60,
        loss=record.loss,
        loss_steps=min(trainer.step, len(record.losses) * config.logging_steps),
        validation_split=config.validation_split,
        validation_loss=record.validation_loss,
        T=trainer.schedule.T,
        schedule=trainer.scheduler.config.beta_schedule,
        prediction=trainer.scheduler.config.prediction_type,
        inference_steps=min(config.ddpm_num_inference_steps, trainer.schedule.T),
        parameters=parameters,
        dtype=config.weights_dtype,
        device=trainer.accelerator.device.type,
        precision=trainer.accelerator.mixed_precision,
        processes=trainer.accelerator.num_processes,
        license=info.license or None,
        attribution=info.citation if data == "cats" and not is_folder else None,
    )
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".pipeline-") as aside:
            there = Path(aside)
            _cast(pipeline, config.weights_dtype)
            pipeline.save_pretrained(there)
            model_card(facts).save(there / "README.md")
            enlarged(samples.grid).save(there / "samples.png")
            enlarged(samples.strip, 864).save(there / "strip.png")
            loss_curve(folder / RECORD).save(there / "loss.png")
            for file in (f for f in there.rglob("*") if f.is_file()):
                target = folder / file.relative_to(there)
                target.parent.mkdir(exist_ok=True)
                file.replace(target)
    except (OSError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) else first_sentence(error)
        raise UserError(
            f"Can't write the pipeline to {folder}: {reason}; {last_good(folder)}. Once there is"
            " room, go on with --resume_from_checkpoint latest."
        ) from error


def loss_curve(record: Path) -> Image.Image:
    """The loss over the steps, as a picture."""
    rows = np.atleast_1d(np.genfromtxt(record, delimiter=",", names=True))
    return draw_curve(rows["number"].tolist(), rows["loss"].tolist(), "loss")
