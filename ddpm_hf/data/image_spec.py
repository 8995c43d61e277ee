"""How the pictures of a data set are read: their column, size, channels and classes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from datasets import Dataset, Image, IterableDataset
from PIL import Image as Pillow
from PIL import ImageOps
from torch import Tensor

from ddpm_hf.data.datasets import classes, image_column, image_mode, reading
from ddpm_hf.data.images import DEEP_MODES, MODES, channels_of, to_255
from ddpm_hf.errors import UserError, few

LOOKED_AT, LOOKED_AT_OF_A_STREAM = 256, 64
"""Pictures looked at to tell how many channels a set has."""
UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, Pillow.DecompressionBombError)
"""What Pillow raises for a picture that is broken, missing or a bomb."""


def _decoded(cell: dict[str, Any] | None) -> Pillow.Image:
    """The picture in a cell of an encoded column. Raises one of `UNREADABLE` if there is none."""
    if cell is None:
        raise ValueError("The cell is empty.")
    picture: Pillow.Image = Image().decode_example(cell)
    return picture


@dataclass(frozen=True)
class ImageSpec:
    """What pictures are made into: (channels, height, width), 0..255, shorter side = resolution.

    uint8, but float32 for pictures of 16 bits if their precision is to be kept. class_names: by
    number. classes: what the class column says → the class's number.
    """

    column: str
    resolution: int
    channels: int
    center_crop: bool = False
    class_column: str | None = None
    class_names: tuple[str, ...] = ()
    classes: dict[Any, int] = field(default_factory=dict)
    keep_precision: bool = False

    def encoded(self, dataset: Any) -> Any:
        """The data set with the columns that matter alone, its pictures left encoded."""
        columns = [self.column, *([self.class_column] if self.class_column else [])]
        return dataset.select_columns(columns).cast_column(self.column, Image(decode=False))

    def read(self, row: dict[str, Any]) -> Tensor | None:
        """The picture in an encoded row; None if it can't be read.

        Raises UserError for grey of which no one knows how much is white.
        """
        try:
            return self.fit(_decoded(row[self.column]))
        except UserError as error:
            where = row[self.column]["path"]
            raise UserError(f"{error} It is {where}." if where else str(error)) from error
        except UNREADABLE:
            return None

    def label(self, row: dict[str, Any]) -> int:
        """The number of the row's class; 0 where there are none.

        Raises UserError for a row of no class.
        """
        if self.class_column is None:
            return 0
        value = row[self.class_column]
        if value not in self.classes:
            raise UserError(f"A row is of the class {value!r}{self._unknown}")
        return self.classes[value]

    def check_labels(self, dataset: Dataset) -> None:
        """Raise UserError, with the first such row's number, if there are rows of no class."""
        if self.class_column is None:
            return
        if unknown := set(dataset.unique(self.class_column)) - set(self.classes):
            values = list(dataset[self.class_column])
            rows = [number for number, value in enumerate(values) if value in unknown]
            raise UserError(
                f"{len(rows)} rows, the first is number {rows[0]}, are of the class"
                f" {values[rows[0]]!r}{self._unknown}"
            )

    @property
    def _unknown(self) -> str:
        return (
            f", and {self.class_column!r} has the classes {few(self.class_names)}: choose another"
            " column, or leave such rows out."
        )

    def fit(self, picture: Pillow.Image) -> Tensor:
        """A picture upright and in this spec."""
        mode = MODES[self.channels]
        ImageOps.exif_transpose(picture, in_place=True)  # in place: a copy forgets its format
        if picture.mode in DEEP_MODES:
            picture = Pillow.fromarray(to_255(picture))
            mode = "F" if self.keep_precision and self.channels == 1 else mode
        upright = picture.convert(mode)
        scale = self.resolution / min(upright.size)
        size = (
            max(self.resolution, round(upright.width * scale)),
            max(self.resolution, round(upright.height * scale)),
        )
        if upright.size != size:
            upright = upright.resize(size, Pillow.Resampling.BILINEAR)
        if self.center_crop:
            left, top = (size[0] - self.resolution) // 2, (size[1] - self.resolution) // 2
            upright = upright.crop((left, top, left + self.resolution, top + self.resolution))
        pixels = torch.from_numpy(np.array(upright).reshape(*upright.size[::-1], self.channels))
        return pixels.permute(2, 0, 1).contiguous()


def infer_spec(
    dataset: Dataset | IterableDataset,
    resolution: int,
    *,
    column: str | None = None,
    channels: int | None = None,
    center_crop: bool = False,
    class_column: str | None = None,
    class_names: Sequence[str] = (),
    keep_precision: bool = False,
) -> ImageSpec:
    """The form for a data set: its image column, its classes, and unless given, the channels that
    it states, or the most that some of its pictures have: of those all over the set, or the first
    of a stream.

    class_names: gives the classes their numbers; unless given, the data set's own order does.
    Raises UserError for a set without pictures or such classes, for rows of no class, or if no
    picture looked at can be read.
    """
    own = classes(dataset, class_column)
    names = tuple(class_names or own.values())
    numbers = {name: number for number, name in enumerate(names)}
    found = image_column(dataset, column)
    mode = image_mode(dataset, found)
    stated = next((n for n, known in MODES.items() if known == mode), None)
    spec = ImageSpec(
        found,
        resolution,
        channels or stated or _most_channels(dataset, found),
        center_crop,
        class_column,
        names,
        {value: numbers[name] for value, name in own.items() if name in numbers},
        keep_precision,
    )
    if isinstance(dataset, Dataset):
        spec.check_labels(dataset)
    return spec


def _most_channels(dataset: Dataset | IterableDataset, column: str) -> int:
    encoded = dataset.select_columns([column]).cast_column(column, Image(decode=False))
    if isinstance(encoded, Dataset):
        apart = -(-len(encoded) // LOOKED_AT) or 1
        encoded = encoded.select(range(0, len(encoded), apart))
    else:
        encoded = encoded.take(LOOKED_AT_OF_A_STREAM)
    rows, channels = 0, []
    with reading():
        for row in encoded:
            rows += 1
            try:
                channels.append(channels_of(_decoded(row[column])))
            except UNREADABLE:
                continue
    if not channels:
        raise UserError(f"Of {rows} rows of the data set none holds a picture that can be read.")
    return max(channels)
