"""Hugging Face data sets → pictures as uint8 tensors → batches in [−1, 1]."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset, DatasetDict, Image, load_dataset, load_from_disk
from datasets import exceptions as datasets_exceptions
from PIL import Image as Pillow
from PIL import ImageOps
from torch import Tensor
from tqdm import tqdm

from ddpm_hf.errors import UserError

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's mode for each number of channels."""


def load_split(
    name: str,
    split: str = "train",
    *,
    config_name: str | None = None,
    resolution: int = 32,
    cache_dir: str | None = None,
) -> Dataset:
    """One split of a data set, by name: a local folder wins, then `cats`, then the Hub.

    A folder may be in Hub layout (parquet, arrow, csv), hold image files, or come from
    `save_to_disk`. `resolution` matters to `cats` alone, which are drawn at that size.
    Raises UserError if there is no such data set or split.
    """
    folder = Path(name)
    try:
        if (folder / "dataset_dict.json").exists() or (folder / "dataset_info.json").exists():
            saved = load_from_disk(name)
            return saved[split] if isinstance(saved, DatasetDict) else saved
        if name == "cats" and not folder.is_dir():
            from ddpm_hf import cats

            return cats.load(split, resolution, cache_dir=cache_dir)
        return load_dataset(name, config_name, split=split, cache_dir=cache_dir)
    except (
        OSError,
        ValueError,
        KeyError,
        datasets_exceptions.DatasetsError,
    ) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(
            f"Can't load the data set {name!r}, split {split!r}: {reason} Give --dataset_name a"
            " local folder, `cats`, or the id of a data set on the Hub."
        ) from error


def image_column(dataset: Dataset, wanted: str | None = None) -> str:
    """The name of the column that holds the pictures: the one wanted, or the first of its type.

    Raises UserError, naming the columns there are.
    """
    columns = [name for name, feature in dataset.features.items() if isinstance(feature, Image)]
    if wanted in columns:
        return str(wanted)
    if wanted is None and columns:
        return str(columns[0])
    missing = "no image column" if wanted is None else f"no image column {wanted!r}"
    raise UserError(
        f"The data set has {missing}. Its columns are: "
        + ", ".join(f"{name} ({type(f).__name__})" for name, f in dataset.features.items())
        + "."
    )


def channels_of(picture: Pillow.Image) -> int:
    """1 for grey, 4 where there is transparency, else 3."""
    if picture.mode in ("1", "L", "I", "F", "I;16", "I;16B", "I;16L"):
        return 1
    return 4 if picture.mode in ("RGBA", "LA", "PA") else 3


def _fit(picture: Pillow.Image, resolution: int, channels: int, center_crop: bool) -> Tensor:
    """Upright, shorter side = resolution; uint8 (channels, height, width)."""
    upright = ImageOps.exif_transpose(picture).convert(MODES[channels])
    scale = resolution / min(upright.size)
    size = (
        max(resolution, round(upright.width * scale)),
        max(resolution, round(upright.height * scale)),
    )
    if upright.size != size:
        upright = upright.resize(size, Pillow.Resampling.BILINEAR)
    if center_crop:
        left, top = (size[0] - resolution) // 2, (size[1] - resolution) // 2
        upright = upright.crop((left, top, left + resolution, top + resolution))
    pixels = torch.from_numpy(np.array(upright).reshape(*upright.size[::-1], channels))
    return pixels.permute(2, 0, 1).contiguous()


@dataclass(frozen=True)
class Pictures:
    """All pictures of a split, decoded once.

    Each is uint8, (channels, height, width), with the shorter side equal to the resolution.
    `corrupt` lists the rows that could not be read; they are left out.
    """

    pixels: list[Tensor]
    resolution: int
    channels: int
    corrupt: list[int]

    def __len__(self) -> int:
        return len(self.pixels)

    def crop(self, index: int, rng: np.random.Generator) -> Tensor:
        """Picture `index`, cut to a square: at random where it is not square already."""
        picture, side = self.pixels[index], self.resolution
        _, height, width = picture.shape
        if height == width:
            return picture
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        return picture[:, top : top + side, left : left + side]


def decode(
    dataset: Dataset,
    column: str,
    resolution: int,
    *,
    channels: int | None = None,
    center_crop: bool = False,
    show_progress: bool = True,
) -> Pictures:
    """Decode every picture of a split once; pictures that can't be read are skipped and listed.

    `channels` is taken from the first picture unless given.
    Raises UserError for an empty split or one where nothing can be read.
    """
    encoded = dataset.select_columns([column]).cast_column(column, Image(decode=False))
    feature = Image()
    pixels, corrupt = [], []
    progress = tqdm(encoded, desc="Decoding pictures", disable=not show_progress, unit="picture")
    for row, example in enumerate(progress):
        try:
            picture = feature.decode_example(example[column])
            channels = channels or channels_of(picture)
            pixels.append(_fit(picture, resolution, channels, center_crop))
        except (OSError, SyntaxError, ValueError, TypeError, Pillow.DecompressionBombError):
            corrupt.append(row)
    if not pixels or channels is None:
        raise UserError(
            f"The data set has {len(dataset)} rows, and none holds a picture that can be read."
        )
    return Pictures(pixels, resolution, channels, corrupt)


def to_unit_range(pictures: Sequence[Tensor]) -> Tensor:
    """uint8 pictures of one shape → float32 batch in [−1, 1], as the equations take x_0."""
    return torch.stack(list(pictures)).float() / 127.5 - 1


def to_uint8(batch: Tensor) -> Tensor:
    """The way back: [−1, 1], values outside cut off, → uint8 of the same shape, rounded."""
    return ((batch.float() / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
