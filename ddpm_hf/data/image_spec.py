"""How the images of a data set are read: their column, size, channels and classes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from datasets import Dataset, Image, IterableDataset
from PIL import Image as Pillow
from PIL import ImageOps
from torch import Tensor

from ddpm_hf.data.datasets import classes, image_column, image_mode, wrap_read_errors
from ddpm_hf.data.images import DEEP_MODES, MODES, channels_of, to_255
from ddpm_hf.errors import UserError, first_ten

PROBED, PROBED_OF_STREAM = 256, 64
"""How many images are decoded to find out the number of channels."""
DECODING_ERRORS = (OSError, SyntaxError, ValueError, TypeError, Pillow.DecompressionBombError)
"""What Pillow raises for an image that is corrupt, missing or a decompression bomb."""


def _decoded(cell: dict[str, Any] | None) -> Pillow.Image:
    """The image in a cell of an encoded column. Raises one of `DECODING_ERRORS`."""
    if cell is None:
        raise ValueError("The cell is empty.")
    image: Pillow.Image = Image().decode_example(cell)
    return image


@dataclass(frozen=True)
class ImageSpec:
    """The format of decoded images: (channels, height, width), 0..255, shorter side = resolution.

    uint8; float32 for images of more than 8 bits if keep_precision. class_names: by class number.
    classes: value in the class column → class number.
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
        """The data set with only the columns used, its images not decoded."""
        columns = [self.column, *([self.class_column] if self.class_column else [])]
        return dataset.select_columns(columns).cast_column(self.column, Image(decode=False))

    def read(self, row: dict[str, Any]) -> Tensor | None:
        """The image in an encoded row; None if it can't be decoded.

        Raises UserError for grey values of unknown range.
        """
        try:
            return self.fit(_decoded(row[self.column]))
        except UserError as error:
            where = row[self.column]["path"]
            raise UserError(f"{error} It is {where}." if where else str(error)) from error
        except DECODING_ERRORS:
            return None

    def label(self, row: dict[str, Any]) -> int:
        """The class number of a row; 0 without classes. Raises UserError for an unknown class."""
        if self.class_column is None:
            return 0
        value = row[self.class_column]
        if value not in self.classes:
            raise UserError(f"A row is of the class {value!r}{self._unknown}")
        return self.classes[value]

    def check_labels(self, dataset: Dataset) -> None:
        """Raise UserError, with the number of the first such row, if a row has an unknown class."""
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
            f", and {self.class_column!r} has the classes {first_ten(self.class_names)}: choose"
            " another column, or leave such rows out."
        )

    def fit(self, image: Pillow.Image) -> Tensor:
        """The image turned upright, in this spec's mode and size."""
        mode = MODES[self.channels]
        ImageOps.exif_transpose(image, in_place=True)  # in place, because a copy has no format
        if image.mode in DEEP_MODES:
            image = Pillow.fromarray(to_255(image))
            mode = "F" if self.keep_precision and self.channels == 1 else mode
        upright = image.convert(mode)
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
    """The spec for a data set, with its image column, its classes and its number of channels.

    channels: by default those that the data set declares, else the most among some of its images:
    evenly spaced rows, or the first ones of a stream. class_names: in the order of the class
    numbers; by default the data set's own order. Raises UserError without an image or class
    column, for rows of an unknown class, or if none of those images can be decoded.
    """
    known = classes(dataset, class_column)
    names = tuple(class_names or known.values())
    numbers = {name: number for number, name in enumerate(names)}
    found = image_column(dataset, column)
    mode = image_mode(dataset, found)
    declared = next((n for n, name in MODES.items() if name == mode), None)
    spec = ImageSpec(
        found,
        resolution,
        channels or declared or _most_channels(dataset, found),
        center_crop,
        class_column,
        names,
        {value: numbers[name] for value, name in known.items() if name in numbers},
        keep_precision,
    )
    if isinstance(dataset, Dataset):
        spec.check_labels(dataset)
    return spec


def _most_channels(dataset: Dataset | IterableDataset, column: str) -> int:
    encoded = dataset.select_columns([column]).cast_column(column, Image(decode=False))
    if isinstance(encoded, Dataset):
        spacing = -(-len(encoded) // PROBED) or 1
        encoded = encoded.select(range(0, len(encoded), spacing))
    else:
        encoded = encoded.take(PROBED_OF_STREAM)
    rows, channels = 0, []
    with wrap_read_errors():
        for row in encoded:
            rows += 1
            try:
                channels.append(channels_of(_decoded(row[column])))
            except DECODING_ERRORS:
                continue
    if not channels:
        raise UserError(f"Of {rows} rows of the data set none holds a picture that can be read.")
    return max(channels)
