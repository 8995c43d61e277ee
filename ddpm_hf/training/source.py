"""The data of a run: opened, described, and decoded into memory, from disk or as a stream."""

from dataclasses import dataclass
from typing import Any

from accelerate import Accelerator
from datasets import Dataset, IterableDataset

from ddpm_hf.data import datasets as data
from ddpm_hf.data.examples import ImagesInMemory, ImagesOnDisk, ImageStream, fits_in_memory
from ddpm_hf.data.folder import silent
from ddpm_hf.data.image_spec import ImageSpec, infer_spec
from ddpm_hf.data.images import MODES
from ddpm_hf.distributed import local_world_size
from ddpm_hf.errors import UserError, first_ten
from ddpm_hf.training.batches import Images
from ddpm_hf.training.config import TrainConfig

VALIDATION_IMAGES = 1024
"""The loss is measured on at most this many images of the validation split."""


@dataclass(frozen=True)
class Source:
    """The data before its images are decoded.

    rows: how many images make an epoch; None for a stream of unknown length. held_out: the rows of
    the validation split, if there is one, and their spec.
    """

    dataset: Dataset | IterableDataset
    spec: ImageSpec
    rows: int | None
    held_out: tuple[Dataset | IterableDataset, ImageSpec] | None


def open_source(config: TrainConfig, accelerator: Accelerator) -> Source:
    """The data that the configuration names. Raises UserError for data that can't be used."""
    dataset = _split(config, accelerator, config.split)
    spec = infer_spec(
        dataset,
        config.resolution,
        column=config.image_column,
        channels=config.channels,
        center_crop=config.center_crop,
        class_column=config.class_column,
        keep_precision=config.preserve_input_precision,
        background=config.background,
        tell=accelerator.print,
    )
    rows = data.row_count(dataset)
    accelerator.print(
        f"{'Images' if rows is None else f'{rows} images'} in the column {spec.column!r}, read"
        f" as {MODES[spec.channels]}; --image_column and --channels change that."
    )
    if names := spec.class_names:
        accelerator.print(
            f"{len(names)} classes in the column {spec.class_column!r}: {first_ten(names)}."
        )
    if rows is None:
        accelerator.print(
            "The stream's length is unknown, so there are no epochs: sample grids and the"
            " pipeline come at the end, checkpoints by --checkpointing_steps."
        )
    return Source(dataset, spec, rows, _held_out(config, accelerator, spec))


def _held_out(
    config: TrainConfig, accelerator: Accelerator, spec: ImageSpec
) -> tuple[Dataset | IterableDataset, ImageSpec] | None:
    """The validation split, with its images and classes read like those of the training split."""
    if config.validation_split is None:
        return None
    rows = _split(config, accelerator, config.validation_split).take(VALIDATION_IMAGES)
    try:
        return rows, infer_spec(
            rows,
            spec.resolution,
            column=spec.column,
            channels=spec.channels,
            center_crop=True,
            class_column=spec.class_column,
            class_names=spec.class_names,
            keep_precision=spec.keep_precision,
            background=spec.background,
            whites=spec.whites,
        )
    except UserError as error:
        raise UserError(f"--validation_split {config.validation_split}: {error}") from error


def _split(config: TrainConfig, accelerator: Accelerator, split: str) -> Dataset | IterableDataset:
    how: dict[str, Any] = {
        "cache_dir": config.cache_dir,
        "streaming": config.streaming,
        "column": config.image_column,
        "tell": accelerator.print if split == config.split else silent,
    }
    with accelerator.local_main_process_first():
        if config.train_data_dir is not None:
            return data.load_folder(config.train_data_dir, split, **how)
        if config.dataset_name is None:
            raise UserError("Name the data: --dataset_name, --train_data_dir, or a --config.")
        name, resolution = config.dataset_config_name, config.resolution
        return data.load_split(
            config.dataset_name, split, config_name=name, resolution=resolution, **how
        )


def training_images(source: Source, config: TrainConfig, accelerator: Accelerator) -> Images:
    """The images to train on. Raises UserError if none can be read."""
    dataset, spec = source.dataset, source.spec
    if isinstance(dataset, IterableDataset):
        rank, processes = accelerator.process_index, accelerator.num_processes
        return ImageStream(dataset, spec, seed=config.seed, rank=rank, processes=processes)
    fits = fits_in_memory(dataset, spec, local_world_size())
    if config.in_memory == "never" or (config.in_memory == "auto" and not fits):
        if config.dataloader_num_workers == 0:
            accelerator.print(
                "Images are decoded when they are needed; --dataloader_num_workers 2, or more,"
                " prepares them ahead."
            )
        return ImagesOnDisk(dataset, spec)
    images = ImagesInMemory(dataset, spec, show_progress=accelerator.is_local_main_process)
    if images.corrupt:
        rows = [f"{i} ({error})" for i, error in [*images.corrupt.items()][:11]]
        accelerator.print(
            f"{len(images.corrupt)} of {len(dataset)} images can't be read: rows"
            f" {first_ten(rows)}. The next ones are used in their place."
        )
    return images


def validation_images(source: Source, accelerator: Accelerator) -> ImagesInMemory | None:
    """The images to validate on, if any. Raises UserError if none can be read."""
    if source.held_out is None:
        return None
    rows, spec = source.held_out
    return ImagesInMemory(rows, spec, show_progress=accelerator.is_local_main_process)
