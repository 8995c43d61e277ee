"""A training run from its configuration to the folder it leaves."""

import csv
import dataclasses
import os
import shutil
import sys
import tempfile
from collections import deque
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from datasets import Dataset
from diffusers.utils import make_image_grid
from PIL import Image
from tqdm import tqdm

from ddpm_hf import data
from ddpm_hf.errors import UserError
from ddpm_hf.hub import TrainingFacts, model_card
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.training import checkpoint
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.loop import Step, Trainer

RECORD = "training.csv"
SAMPLES = "samples"


def make_accelerator(config: TrainConfig) -> Accelerator:
    """The accelerator of this process.

    Raises UserError where a launcher started several processes that do not know of each other.
    """
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
        here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // here))
    return accelerator


def claim_output_dir(config: TrainConfig) -> None:
    """Make the output folder. Raises UserError if it holds another run or can't be written."""
    folder = Path(config.output_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
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
    (folder / RECORD).unlink(missing_ok=True)


def load_pictures(config: TrainConfig, accelerator: Accelerator) -> tuple[Dataset, data.Pictures]:
    """The split to train on, and its pictures. Raises UserError for data that can't be used."""
    name = config.train_data_dir or config.dataset_name
    if name is None:
        raise UserError("Name the data: --dataset_name, --train_data_dir, or a --config.")
    with accelerator.local_main_process_first():
        dataset = data.load_split(
            name,
            config.split,
            config_name=config.dataset_config_name,
            resolution=config.resolution,
            cache_dir=config.cache_dir,
        )
    pictures = data.decode(
        dataset,
        data.image_column(dataset, config.image_column),
        config.resolution,
        center_crop=config.center_crop,
        show_progress=accelerator.is_local_main_process,
    )
    if pictures.corrupt:
        rows = ", ".join(map(str, pictures.corrupt[:10]))
        more = ", …" if len(pictures.corrupt) > 10 else ""
        accelerator.print(
            f"Skipped {len(pictures.corrupt)} of {len(dataset)} pictures that can't be read:"
            f" rows {rows}{more}."
        )
    return dataset, pictures


def sample_grid(pipeline: DDPMPipeline, config: TrainConfig) -> Image.Image:
    """A grid of samples from the run's seed, so that grids of different steps compare."""
    pipeline.set_progress_bar_config(desc="Sampling", leave=False)
    images = pipeline(
        batch_size=config.eval_batch_size,
        generator=torch.Generator(pipeline.device).manual_seed(config.seed),
        num_inference_steps=min(config.ddpm_num_inference_steps, config.ddpm_num_steps),
        return_dict=False,
    )[0]
    columns = max(c for c in range(1, int(len(images) ** 0.5) + 1) if len(images) % c == 0)
    grid: Image.Image = make_image_grid(images, rows=columns, cols=len(images) // columns)
    return grid


def write_pipeline(pipeline: DDPMPipeline, config: TrainConfig) -> None:
    """Write the pipeline beside the run, aside first, so that a file is there whole or not."""
    folder = Path(config.output_dir)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".pipeline-") as aside:
        pipeline.to(dtype=getattr(torch, config.weights_dtype)).save_pretrained(aside)
        for file in (f for f in Path(aside).rglob("*") if f.is_file()):
            target = folder / file.relative_to(aside)
            target.parent.mkdir(exist_ok=True)
            file.replace(target)


class Reporter:
    """Shows and records a run: progress bar, tracker, `training.csv`. Main process only.

    The loss says how good the denoising is, and the samples show it (N17).
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer, config = trainer, trainer.config
        self.folder = Path(config.output_dir)
        self.losses: deque[float] = deque(maxlen=max(1, 100 // config.logging_steps))
        self.bar = tqdm(total=trainer.total_steps, initial=trainer.step, desc="Training")
        rows = self._rows_up_to(trainer.step)
        self.file = (self.folder / RECORD).open("w", newline="")
        self.table = csv.writer(self.file)
        self.table.writerow([field.name for field in dataclasses.fields(Step)])
        self.table.writerows(rows)

    def _rows_up_to(self, step: int) -> list[list[str]]:
        """What a resumed run had recorded before its checkpoint."""
        if step == 0 or not (self.folder / RECORD).exists():
            return []
        with (self.folder / RECORD).open(newline="") as file:
            return [row for row in list(csv.reader(file))[1:] if int(row[0]) <= step]

    def report(self, step: Step) -> None:
        """One report of the loop: bar, table, tracker."""
        self.losses.append(step.loss)
        self.bar.update(step.number - self.bar.n)
        self.bar.set_postfix_str(f"loss {self.loss:.4f}, {step.images_per_second:.0f} images/s")
        self.table.writerow(dataclasses.astuple(step))
        self.file.flush()
        values = {k: v for k, v in dataclasses.asdict(step).items() if k != "number"}
        self.trainer.accelerator.log(values, step=step.number)

    @property
    def loss(self) -> float:
        """The mean loss of about the last hundred steps."""
        return sum(self.losses) / len(self.losses) if self.losses else float("nan")

    def show_grid(self, grid: Image.Image) -> None:
        """Keep a sample grid, and show it in the tracker."""
        number = self.trainer.step
        (self.folder / SAMPLES).mkdir(exist_ok=True)
        grid.save(self.folder / SAMPLES / f"step-{number:07d}.png")
        pixels = np.array(grid.convert("RGB"))[None]
        for tracker in self.trainer.accelerator.trackers:
            layout = {"dataformats": "NHWC"} if tracker.name == "tensorboard" else {}
            tracker.log_images({"samples": pixels}, step=number, **layout)

    def close(self) -> None:
        """Close the bar and the table."""
        self.bar.close()
        self.file.close()


def save_finished(reporter: Reporter, dataset: Dataset) -> None:
    """Write the pipeline with its card and sample grid."""
    trainer = reporter.trainer
    config, folder = trainer.config, Path(trainer.config.output_dir)
    pipeline = trainer.pipeline()
    parameters = sum(p.numel() for p in pipeline.unet.parameters()) / 1e6
    write_pipeline(pipeline, config)
    # Sampled from what was written, so that the picture shows the stored precision.
    stored = DDPMPipeline.from_pretrained(folder)
    grid = sample_grid(stored.to(trainer.accelerator.device), config)
    reporter.show_grid(grid)
    enlargement = max(1, 512 // grid.width)
    enlarged = grid.resize(
        (grid.width * enlargement, grid.height * enlargement), Image.Resampling.NEAREST
    )
    enlarged.save(folder / "samples.png")
    facts = TrainingFacts(
        name=folder.resolve().name,
        dataset=str(config.train_data_dir or config.dataset_name),
        resolution=config.resolution,
        command=["accelerate", "launch", Path(sys.argv[0]).name, *sys.argv[1:]],
        seed=config.seed,
        steps=trainer.step,
        total_steps=trainer.total_steps,
        batch=trainer.global_batch_size,
        minutes=trainer.seconds / 60,
        loss=reporter.loss,
        loss_steps=len(reporter.losses) * config.logging_steps,
        T=config.ddpm_num_steps,
        schedule=config.ddpm_beta_schedule,
        prediction=config.prediction_type,
        inference_steps=min(config.ddpm_num_inference_steps, config.ddpm_num_steps),
        parameters=parameters,
        dtype=config.weights_dtype,
        device=trainer.accelerator.device.type,
        processes=trainer.accelerator.num_processes,
        license=dataset.info.license or None,
        attribution=dataset.info.citation if config.dataset_name == "cats" else None,
    )
    model_card(facts).save(folder / "README.md")


def train(config: TrainConfig) -> None:
    """Run the configuration to its end. Raises UserError for what the user can mend."""
    accelerator = make_accelerator(config)
    refusal: list[str | None] = [None]
    if accelerator.is_main_process:
        try:
            claim_output_dir(config)
        except UserError as error:
            refusal = [str(error)]
    if (sentence := broadcast_object_list(refusal)[0]) is not None:
        raise UserError(sentence)

    dataset, pictures = load_pictures(config, accelerator)
    trainer = Trainer(config, pictures, accelerator)
    folder = Path(config.output_dir)
    if config.resume_from_checkpoint is not None:
        state = checkpoint.load(folder, config.resume_from_checkpoint)
        if state is None:
            accelerator.print(f"{folder} holds no checkpoint yet: starting from the first step.")
        else:
            trainer.load_state_dict(state)
    settings = {k: str(v) for k, v in dataclasses.asdict(config).items()}
    accelerator.init_trackers(config.logging_dir, config=settings)
    reporter = None
    if accelerator.is_main_process:
        config.save(folder / "config.json")
        reporter = Reporter(trainer)

    for step in trainer.steps():
        if reporter is None:
            continue
        reporter.report(step)
        epoch_before = max(0, step.number - config.logging_steps) // trainer.steps_per_epoch
        epoch = step.number // trainer.steps_per_epoch
        if epoch // config.save_images_epochs > epoch_before // config.save_images_epochs:
            reporter.show_grid(sample_grid(trainer.pipeline(), config))
        if epoch // config.save_model_epochs > epoch_before // config.save_model_epochs:
            write_pipeline(trainer.pipeline(), config)
        due = step.number // config.checkpointing_steps
        if due > (step.number - config.logging_steps) // config.checkpointing_steps:
            keep = config.checkpoints_total_limit
            checkpoint.save(folder, step.number, trainer.state_dict(), keep)
    if reporter is not None:
        reporter.close()
        save_finished(reporter, dataset)
    # Not for politeness alone: a process that leaves with a reduction's tensors still in gloo's
    # hands can lock up in the destructor of torch's DDP reducer.
    accelerator.wait_for_everyone()
    accelerator.end_training()
