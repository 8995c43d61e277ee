"""How the images of a data set are read: their column, size, channels, classes and white."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from datasets import Dataset, Image, IterableDataset
from PIL import Image as Pillow
from torch import Tensor

from ddpm_hf.data.cells import reading
from ddpm_hf.data.datasets import classes, image_column, image_mode
from ddpm_hf.data.folder import Tell, silent
from ddpm_hf.data.images import MODES
from ddpm_hf.data.picture import Picture
from ddpm_hf.data.survey import survey
from ddpm_hf.errors import UserError, first_ten

Background = Literal["white", "black"]


@dataclass(frozen=True)
class ImageSpec:
    """The format of decoded images: (channels, height, width), 0..255, shorter side = resolution.

    uint8; float32 for images of more than 8 bits if keep_precision. class_names: by class number.
    known: value in the class column → name. whites: Pillow mode → the value of white, where the
    files do not tell.
    """

    column: str
    resolution: int
    channels: int
    center_crop: bool = False
    class_column: str | None = None
    class_names: tuple[str, ...] = ()
    known: dict[Any, str] = field(default_factory=dict)
    keep_precision: bool = False
    background: Background = "white"
    whites: Mapping[str, float] = field(default_factory=dict)

    def encoded(self, dataset: Any) -> Any:
        """The data set with only the columns used, its images not decoded."""
        columns = [self.column, *([self.class_column] if self.class_column else [])]
        return dataset.select_columns(columns).cast_column(self.column, Image(decode=False))

    def read(self, row: Mapping[str, Any]) -> Tensor:
        """The image in an encoded row. Raises UnreadableError if there is none."""
        with reading(row[self.column]) as picture:
            return self.fit(picture)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.class_names)}

    def label(self, row: Mapping[str, Any]) -> int:
        """The class number of a row; 0 without classes. Raises UserError for an unknown class."""
        if self.class_column is None:
            return 0
        value = row[self.class_column]
        if (name := self.known.get(value)) not in self._numbers:
            raise UserError(f"A row is of the class {name or value!r}{self._unknown}")
        return self._numbers[name]

    def check_labels(self, dataset: Dataset) -> None:
        """Raise UserError, with the number of the first such row, if a row has an unknown class."""
        if self.class_column is None:
            return
        fitting = {value for value, name in self.known.items() if name in self._numbers}
        if unknown := set(dataset.unique(self.class_column)) - fitting:
            values = list(dataset[self.class_column])
            rows = [number for number, value in enumerate(values) if value in unknown]
            first = values[rows[0]]
            raise UserError(
                f"{len(rows)} rows, the first is number {rows[0]}, are of the class"
                f" {self.known.get(first, repr(first))}{self._unknown}"
            )

    @property
    def _unknown(self) -> str:
        return (
            f", and {self.class_column!r} has the classes {first_ten(self.class_names)}: choose"
            " another column, or leave such rows out."
        )

    def fit(self, picture: Picture) -> Tensor:
        """The image in this spec's mode and size. Raises ValueError if it does not fit."""
        upright = picture.flat(
            self.channels,
            self.whites.get(picture.image.mode),
            self.background,
            keep_precision=self.keep_precision,
        )
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
    background: Background = "white",
    whites: Mapping[str, float] | None = None,
    tell: Tell = silent,
) -> ImageSpec:
    """The spec for a data set, with its image column, classes, number of channels, and white.

    channels, whites: by default as the data set declares, else as `survey` finds them. class_names:
    in the order of the class numbers; by default the data set's own. tell: is called with what the
    user should know of the images. Raises UserError without an image or class column, for rows of
    an unknown class, and what `survey` raises.
    """
    known = classes(dataset, class_column)
    found = image_column(dataset, column)
    mode = image_mode(dataset, found)
    declared = next((n for n, name in MODES.items() if name == mode), None)
    spec = ImageSpec(
        found,
        resolution,
        channels or declared or 0,
        center_crop,
        class_column,
        tuple(class_names or known.values()),
        known,
        keep_precision,
        background,
    )
    if isinstance(dataset, Dataset):
        spec.check_labels(dataset)
    if whites is None:
        read_as, whites = survey(spec.encoded(dataset), found, spec.channels, background, tell)
        spec = replace(spec, channels=read_as)
    return replace(spec, whites=whites)
