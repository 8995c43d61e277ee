"""The real pictures that a model is measured against: seen in training, and fresh."""

from typing import NamedTuple

import torch
from datasets import Dataset
from torch import Tensor

from ddpm_hf.data import datasets as data
from ddpm_hf.data.examples import ImagesInMemory
from ddpm_hf.data.image_spec import infer_spec
from ddpm_hf.errors import UserError
from ddpm_hf.pipeline import DDPMPipeline

FEWEST, MOST_PICTURES, MOST_BYTES = 8, 20_000, 2**30
"""The fewest and the most pictures of a split that are taken, and the most memory for them."""


class Split(NamedTuple):
    """pixels: uint8, (n, channels, height, width). labels: (n,), zeros where there are none."""

    pixels: Tensor
    labels: Tensor


def read_split(
    pipeline: DDPMPipeline,
    name: str,
    split: str,
    *,
    config_name: str | None = None,
    image_column: str | None = None,
    class_column: str | None = None,
    seed: int = 0,
    show_progress: bool = True,
) -> Split:
    """Pictures of a split in the model's size and channels, in random order: all, or as many as
    are taken.

    Raises UserError for a data set that is not there, is too small, or does not fit the model.
    """
    size, channels = pipeline.unet.config.sample_size, pipeline.unet.config.in_channels
    if not isinstance(size, int):
        raise UserError(f"The model draws pictures of {size} pixels; only squares can be measured.")
    dataset = data.load_split(name, split, config_name=config_name, resolution=size)
    assert isinstance(dataset, Dataset)  # not streamed
    if len(dataset) < FEWEST:
        raise UserError(
            f"The split {split!r} of {name!r} has {len(dataset)} pictures; at least {FEWEST} are"
            " needed."
        )
    spec = infer_spec(
        dataset,
        size,
        column=image_column,
        channels=channels,
        center_crop=True,
        class_column=class_column,
        class_names=_names_in_the_model(pipeline, dataset, class_column),
    )
    most = min(MOST_PICTURES, MOST_BYTES // (channels * size**2))
    pictures = ImagesInMemory(
        dataset.shuffle(seed=seed).take(most), spec, show_progress=show_progress
    )
    corrupt = set(pictures.corrupt)
    examples = [e for i, e in enumerate(pictures.examples) if i not in corrupt]
    if corrupt and show_progress:
        print(f"Left out: {len(corrupt)} pictures of {split!r} that can't be read.")
    if len(examples) < FEWEST:
        raise UserError(
            f"Of the split {split!r} of {name!r}, {len(examples)} pictures can be read; at least"
            f" {FEWEST} are needed."
        )
    return Split(
        torch.stack([example.picture for example in examples]),
        torch.tensor([example.label for example in examples]),
    )


def _names_in_the_model(
    pipeline: DDPMPipeline, dataset: Dataset, class_column: str | None
) -> list[str]:
    """The names of the model's classes, by number; the data's own where the model has none.

    Raises UserError if the model draws other classes.
    """
    known, names = pipeline.class_names, list(data.classes(dataset, class_column).values())
    if len(names) != len(known):
        raise UserError(
            f"The model draws {len(known) or 'no'} classes, and the data set's --class_column gives"
            f" {len(names) or 'none'}."
        )
    if pipeline.config.get("id2label") is None:
        return names
    if missing := [name for name in known if name not in names]:
        raise UserError(
            f"The model draws the class {missing[0]!r}, and the data set's --class_column has none"
            " of that name."
        )
    return known


def of_class(split: Split, label: int) -> Split:
    """The pictures of one class. Raises UserError if they are too few."""
    chosen = split.labels == label
    if (number := int(chosen.sum())) < FEWEST:
        raise UserError(
            f"A split has {number} pictures of the class {label}; at least {FEWEST} are needed."
        )
    return Split(split.pixels[chosen], split.labels[chosen])


def unseen(test: Split, train: Split) -> Split:
    """The test pictures that are not in the training split. Raises UserError if there are none."""
    known = {picture.numpy().tobytes() for picture in train.pixels}
    new = torch.tensor([picture.numpy().tobytes() not in known for picture in test.pixels])
    if int(new.sum()) < FEWEST:
        raise UserError(
            "The test split's pictures are in the training split, too; name another --test_split."
        )
    return Split(test.pixels[new], test.labels[new])


class Real(NamedTuple):
    """Real pictures in three roles, uint8 (…, channels, height, width).

    seen: of the training split. reference: the first of them, as many as there are samples. fresh:
    as many others, of the test split first; they show what real pictures score.
    """

    seen: Tensor
    reference: Tensor
    fresh: Tensor


def roles(train: Split, test: Split, n: int) -> Real:
    """Deal real pictures out for n samples. Raises UserError if there are too few."""
    have = len(train.pixels) + len(test.pixels)
    most = min(len(train.pixels), have // 2)
    if n > most:
        raise UserError(
            f"{n} samples are compared with twice as many real pictures, and there are"
            f" {len(train.pixels)} for training and {len(test.pixels)} for testing: take at most"
            f" --num_samples {most}."
        )
    kept = len(train.pixels) - max(0, n - len(test.pixels))
    fresh = torch.cat([test.pixels[:n], train.pixels[kept:]])
    return Real(train.pixels[:kept], train.pixels[:n], fresh)
