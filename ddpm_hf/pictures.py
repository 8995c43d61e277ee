"""Rows of a data set → pictures as uint8 tensors: in memory, on disk, or streamed."""

import itertools
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from datasets import Dataset, Image, IterableDataset
from datasets.distributed import split_dataset_by_node
from PIL import Image as Pillow
from PIL import ImageOps
from torch import Tensor
from tqdm import tqdm

from ddpm_hf.data import classes, image_column, image_mode, reading
from ddpm_hf.errors import UserError
from ddpm_hf.modes import DEEP_MODES, MODES, channels_of, to_255

logger = logging.getLogger(__name__)

LOOKED_AT, LOOKED_AT_OF_A_STREAM = 256, 64
"""Pictures looked at to tell how many channels a set has."""
SHUFFLE_BUFFER = 1000
"""Pictures of a stream among which the next one is drawn."""
UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, Pillow.DecompressionBombError)
"""What Pillow raises for a picture that is broken, missing or a bomb."""


def _decoded(cell: dict[str, Any] | None) -> Pillow.Image:
    """The picture in a cell of an encoded column. Raises one of `UNREADABLE` if there is none."""
    if cell is None:
        raise ValueError("The cell is empty.")
    picture: Pillow.Image = Image().decode_example(cell)
    return picture


@dataclass(frozen=True)
class Form:
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
        """A picture upright and in this form."""
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


def form_of(
    dataset: Dataset | IterableDataset,
    resolution: int,
    *,
    column: str | None = None,
    channels: int | None = None,
    center_crop: bool = False,
    class_column: str | None = None,
    class_names: Sequence[str] = (),
    keep_precision: bool = False,
) -> Form:
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
    form = Form(
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
        form.check_labels(dataset)
    return form


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


def few(things: Sequence[object]) -> str:
    """The first ten of them, as a list in a sentence."""
    return ", ".join(map(str, things[:10])) + (", …" if len(things) > 10 else "")


class Example(NamedTuple):
    """A picture in its form, and its class (0 where there are none)."""

    picture: Tensor
    label: int


class Numbered(Protocol):
    """Pictures that can be had by number, 0..len − 1."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Example: ...


class Pictures:
    """All pictures of a split, decoded once and kept: for sets that fit into memory.

    A row that can't be read is replaced by the next one that can; `corrupt` lists such rows.
    """

    def __init__(self, dataset: Dataset, form: Form, *, show_progress: bool = True) -> None:
        rows = tqdm(
            form.encoded(dataset),
            desc="Decoding pictures",
            disable=not show_progress,
            unit="picture",
        )
        self.form = form
        decoded = [(form.read(row), form.label(row)) for row in rows]
        self.corrupt = [i for i, (picture, _) in enumerate(decoded) if picture is None]
        readable = [Example(picture, n) for picture, n in decoded if picture is not None]
        if not readable:
            raise UserError("The split holds no picture that can be read.")
        stand_in = readable[0]
        self.examples = [stand_in] * len(decoded)
        for i, (picture, label) in reversed(list(enumerate(decoded))):
            stand_in = stand_in if picture is None else Example(picture, label)
            self.examples[i] = stand_in

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Example:
        return self.examples[index]


class PicturesOnDisk:
    """The same pictures, each decoded when it is asked for: for sets that do not fit."""

    def __init__(self, dataset: Dataset, form: Form) -> None:
        self.rows, self.form = form.encoded(dataset), form
        self._told: set[int] = set()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Example:
        for i in (*range(index, len(self)), *range(index)):
            row = self.rows[i]
            picture = self.form.read(row)
            if picture is not None:
                return Example(picture, self.form.label(row))
            if i not in self._told:
                logger.warning("Row %d can't be read; the next one stands in.", i)
                self._told.add(i)
        raise UserError("The split holds no picture that can be read.")


def fits_in_memory(dataset: Dataset, form: Form, processes: int) -> bool:
    """Whether each process here may keep all pictures decoded: a quarter of the memory in all."""
    one = form.channels * form.resolution**2 * (1 if form.center_crop else 1.5)
    bytes_each = 4 if form.keep_precision else 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    container = Path("/sys/fs/cgroup/memory.max")
    if container.exists() and (limit := container.read_text().strip()).isdigit():
        memory = min(memory, int(limit))
    return bool(len(dataset) * one * bytes_each * processes <= memory / 4)


class PictureStream:
    """Pictures from an endless walk through a streamed set, for one process of many.

    The shuffled order depends on the seed and the number of processes alone. A row that can't be
    read is replaced by the next one that can, so that each row gives one picture.
    """

    def __init__(
        self, dataset: IterableDataset, form: Form, *, seed: int, rank: int = 0, processes: int = 1
    ) -> None:
        # One file after the other: to mix several, datasets starts threads, and waits 5 s for them.
        shuffled = form.encoded(dataset).shuffle(
            seed=seed, buffer_size=SHUFFLE_BUFFER, max_buffer_input_shards=1
        )
        self.rows, self.form = split_dataset_by_node(shuffled, rank, processes), form

    def _epoch(self, number: int) -> Iterator[dict[str, Any]]:
        self.rows.set_epoch(number)
        with reading():
            yield from self.rows

    def examples(self, skip: int = 0) -> Iterator[Example]:
        """All pictures but the first `skip`, which are passed over without decoding.

        Raises UserError where the stream can't be read on.
        """
        to_fill, told = 0, False
        for epoch in itertools.count():
            rows = 0
            for row in self._epoch(epoch):
                rows += 1
                if skip:
                    skip -= 1
                    continue
                to_fill += 1
                if (picture := self.form.read(row)) is None:
                    if not told:
                        logger.warning(
                            "A row of the stream can't be read; the next one stands in, and so it"
                            " goes with others."
                        )
                    told = True
                    continue
                yield from itertools.repeat(Example(picture, self.form.label(row)), to_fill)
                to_fill = 0
            if to_fill >= rows:
                raise UserError("A process's share of the stream holds no picture to read.")


def cut(picture: Tensor, side: int, rng: np.random.Generator) -> Tensor:
    """A square of this side out of a picture, at random where it is not square already."""
    _, height, width = picture.shape
    if height == width:
        return picture
    top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
    return picture[:, top : top + side, left : left + side]
