"""The real images that samples are compared with: seen in training, or fresh."""

from typing import NamedTuple

import torch
from datasets import Dataset
from torch import Tensor

from ddpm_hf.data import datasets as data
from ddpm_hf.data.examples import Example, ImagesInMemory
from ddpm_hf.data.folder import Tell, silent
from ddpm_hf.data.image_spec import Background, ImageSpec, infer_spec
from ddpm_hf.errors import UserError
from ddpm_hf.pipeline import DDPMPipeline

MIN_IMAGES, MAX_IMAGES, MAX_BYTES = 8, 20_000, 2**30
"""The fewest and the most images used of a split, and the most memory they may take."""


class Split(NamedTuple):
    """pixels: uint8, (n, channels, height, width). labels: classes, (n,); zeros without classes."""

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
    background: Background = "white",
    seed: int = 0,
    whole: bool = False,
    show_progress: bool = True,
) -> Split:
    """Images of a split in the model's size and channels, shuffled, up to the maximum number.

    whole: up to the maximum of memory.
    Raises UserError for a data set that does not exist, is too small, or does not fit the model.
    """
    size, channels = pipeline.unet.config.sample_size, pipeline.unet.config.in_channels
    tell: Tell = print if show_progress else silent
    if not isinstance(size, int):
        raise UserError(f"The model draws images of {size} pixels; only squares can be measured.")
    what = f"The split {split!r} of {name!r}"
    dataset = data.load_split(
        name, split, config_name=config_name, resolution=size, column=image_column, tell=tell
    )
    assert isinstance(dataset, Dataset)  # not streamed
    if len(dataset) < MIN_IMAGES:
        raise UserError(f"{what} has {len(dataset)} images; at least {MIN_IMAGES} are needed.")
    spec = infer_spec(
        dataset,
        size,
        column=image_column,
        channels=channels,
        center_crop=True,
        class_column=class_column,
        class_names=_model_class_names(pipeline, dataset, class_column),
        background=background,
        tell=tell,
    )
    most = MAX_BYTES // (channels * size**2)
    some = dataset.shuffle(seed=seed).take(most if whole else min(MAX_IMAGES, most))
    examples = _readable(some, spec, what, show_progress)
    images, labels = zip(*examples, strict=True)
    return Split(torch.stack(images), torch.tensor(labels))


def _readable(dataset: Dataset, spec: ImageSpec, what: str, show_progress: bool) -> list[Example]:
    """The examples that can be decoded; prints how many cannot. Raises UserError for too few."""
    images = ImagesInMemory(dataset, spec, show_progress=show_progress)
    corrupt = images.corrupt
    if corrupt and show_progress:
        first = next(iter(corrupt.values()))
        print(f"{what}: left out {len(corrupt)} that can't be read; the first: {first}.")
    examples = [example for i, example in enumerate(images.examples) if i not in corrupt]
    if len(examples) < MIN_IMAGES:
        raise UserError(
            f"{what} has {len(examples)} readable images; at least {MIN_IMAGES} are needed."
        )
    return examples


def _model_class_names(
    pipeline: DDPMPipeline, dataset: Dataset, class_column: str | None
) -> list[str]:
    """The names of the model's classes, by number; those of the data set if the model has none.

    Raises UserError if the model has other classes.
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


def of_class(split: Split, label: int, name: str) -> Split:
    """The images of one class, which is called `name`. Raises UserError if there are too few."""
    chosen = split.labels == label
    if (number := int(chosen.sum())) < MIN_IMAGES:
        raise UserError(
            f"A split has {number} images of the class {name}; at least {MIN_IMAGES} are needed."
        )
    return Split(split.pixels[chosen], split.labels[chosen])


def exclude_training_images(test: Split, train: Split) -> Split:
    """The test images that are not in the training split. Raises UserError if there are too few."""
    known = {image.numpy().tobytes() for image in train.pixels}
    new = torch.tensor([image.numpy().tobytes() not in known for image in test.pixels])
    if int(new.sum()) < MIN_IMAGES:
        raise UserError(
            "The test split's images are also in the training split; name another --test_split."
        )
    return Split(test.pixels[new], test.labels[new])


class RealImages(NamedTuple):
    """Real images in three roles, uint8, (…, channels, height, width).

    training: of the training split. reference: the first n of them, which sets of n images are
    compared with. fresh: n images that are not in `training`, from the test split first; compared
    with the reference, they give a figure's floor.
    """

    training: Tensor
    reference: Tensor
    fresh: Tensor


def assign_roles(train: Split, test: Split, n: int, *, whole: bool = False) -> RealImages:
    """The real images to compare n samples with. Raises UserError if there are too few.

    whole: all training images stay such, and there are no more fresh ones than test images.
    """
    if whole:
        return RealImages(train.pixels, train.pixels[:n], test.pixels[:n])
    most = min(len(train.pixels), (len(train.pixels) + len(test.pixels)) // 2)
    if n > most:
        raise UserError(
            f"{n} samples are compared with twice as many real images, and there are"
            f" {len(train.pixels)} for training and {len(test.pixels)} for testing: take at most"
            f" --num_samples {most}."
        )
    kept = len(train.pixels) - max(0, n - len(test.pixels))
    fresh = torch.cat([test.pixels[:n], train.pixels[kept:]])
    return RealImages(train.pixels[:kept], train.pixels[:n], fresh)
