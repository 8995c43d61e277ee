"""The real pictures that a model is measured against: seen in training, and fresh."""

from typing import NamedTuple

import torch
from datasets import Dataset
from torch import Tensor

from ddpm_hf import data
from ddpm_hf.errors import UserError
from ddpm_hf.pictures import Pictures, form_of
from ddpm_hf.pipeline import DDPMPipeline

MOST_PICTURES, MOST_BYTES = 20_000, 2**30
"""At most so many pictures of a split are taken, and so much memory."""


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
    show_progress: bool = True,
) -> Split:
    """The first pictures of a split, in the model's size.

    Raises UserError for a data set that is not there, or does not fit the model.
    """
    size, channels = pipeline.unet.config.sample_size, pipeline.unet.config.in_channels
    if not isinstance(size, int):
        raise UserError(f"The model draws pictures of {size} pixels; only squares can be measured.")
    dataset = data.load_split(name, split, config_name=config_name, resolution=size)
    assert isinstance(dataset, Dataset)  # not streamed
    if len(dataset) == 0:
        raise UserError(f"The split {split!r} of {name!r} is empty.")
    form = form_of(dataset, size, column=image_column, center_crop=True, class_column=class_column)
    if form.channels != channels:
        raise UserError(
            f"The model draws pictures of {channels} channels, and those of {name!r} have"
            f" {form.channels}."
        )
    classes = pipeline.unet.config.num_class_embeds
    if form.classes != classes:
        raise UserError(
            f"The model draws {classes or 'no'} classes, and the data set's --class_column gives"
            f" {form.classes or 'none'}."
        )
    most = min(MOST_PICTURES, MOST_BYTES // (channels * size**2))
    pictures = Pictures(dataset.take(most), form, show_progress=show_progress)
    return Split(
        torch.stack([example.picture for example in pictures.examples]),
        torch.tensor([example.label for example in pictures.examples]),
    )


class Real(NamedTuple):
    """Real pictures in three roles, uint8 (…, channels, height, width).

    seen: of the training split, in random order. reference: the first of them, as many as there
    are samples. fresh: as many others, of the test split first; they show what real pictures score.
    """

    seen: Tensor
    reference: Tensor
    fresh: Tensor


def roles(train: Split, test: Split, n: int, seed: int) -> Real:
    """Deal real pictures out for n samples. Raises UserError if there are too few."""
    have = len(train.pixels) + len(test.pixels)
    most = min(len(train.pixels), have // 2)
    if n > most:
        raise UserError(
            f"{n} samples are compared with twice as many real pictures, and there are"
            f" {len(train.pixels)} for training and {len(test.pixels)} for testing: take at most"
            f" --num_samples {most}."
        )
    order = torch.randperm(len(train.pixels), generator=torch.Generator().manual_seed(seed))
    seen = train.pixels[order]
    fresh = torch.cat([test.pixels[:n], seen[n : n + max(0, n - len(test.pixels))]])
    return Real(seen, seen[:n], fresh)
