"""The examples of a split: decoded in memory, read one by one from disk, or streamed."""

import itertools
import logging
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from datasets import Dataset, IterableDataset
from datasets.distributed import split_dataset_by_node
from torch import Tensor
from tqdm import tqdm

from ddpm_hf.data.cells import UnreadableError
from ddpm_hf.data.datasets import read_rows
from ddpm_hf.data.image_spec import ImageSpec
from ddpm_hf.errors import UserError
from ddpm_hf.machine import memory

logger = logging.getLogger(__name__)

SHUFFLE_BUFFER = 1000
"""How many images of a stream are shuffled at a time."""


class Example(NamedTuple):
    """An image as its `ImageSpec` says, and the number of its class; 0 without classes."""

    image: Tensor
    label: int


class MapDataset(Protocol):
    """Examples by index, 0..len − 1."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Example: ...


class ImagesInMemory:
    """All examples of a split, decoded once: for data sets that fit into memory.

    A row that can't be read is replaced by the next readable one; `corrupt` says why, by row.
    """

    def __init__(self, dataset: Dataset, spec: ImageSpec, *, show_progress: bool = True) -> None:
        rows = tqdm(
            spec.encoded(dataset),
            desc="Decoding images",
            disable=not show_progress,
            unit="image",
        )
        self.spec = spec
        self.corrupt: dict[int, UnreadableError] = {}
        readable: dict[int, Example] = {}
        for i, row in enumerate(rows):
            try:
                readable[i] = Example(spec.read(row), spec.label(row))
            except UnreadableError as error:
                self.corrupt[i] = error
        if not readable:
            raise _nothing_to_read(next(iter(self.corrupt.values()), None))
        next_readable = readable[min(readable)]
        self.examples = [next_readable] * len(dataset)
        for i in reversed(range(len(dataset))):
            self.examples[i] = next_readable = readable.get(i, next_readable)

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Example:
        return self.examples[index]


class ImagesOnDisk:
    """The same examples, decoded when they are accessed: for data sets that do not fit."""

    def __init__(self, dataset: Dataset, spec: ImageSpec) -> None:
        self.rows, self.spec = spec.encoded(dataset), spec
        self._warned: set[int] = set()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Example:
        first_error = None
        for i in (*range(index, len(self)), *range(index)):
            row = self.rows[i]
            try:
                return Example(self.spec.read(row), self.spec.label(row))
            except UnreadableError as error:
                first_error = first_error or error
                if i not in self._warned:
                    logger.warning("Row %d can't be read (%s); the next one stands in.", i, error)
                    self._warned.add(i)
        raise _nothing_to_read(first_error)


def _nothing_to_read(first: UnreadableError | None, what: str = "The split") -> UserError:
    why = f"; the first: {first}" if first else ""
    return UserError(f"{what} holds no image that can be read{why}.")


def fits_in_memory(dataset: Dataset, spec: ImageSpec, processes: int) -> bool:
    """Whether all images, once for each process here, take at most a quarter of the memory."""
    values = spec.channels * spec.resolution**2 * (1 if spec.center_crop else 1.5)
    bytes_each = 4 if spec.keep_precision else 1
    return bool(len(dataset) * values * bytes_each * processes <= memory() / 4)


class ImageStream:
    """Examples from endless passes over a streamed data set, for one process of several.

    The shuffled order depends only on the seed and the number of processes. A row that can't be
    read is replaced by the next readable one, so that each row yields one example.
    """

    def __init__(
        self,
        dataset: IterableDataset,
        spec: ImageSpec,
        *,
        seed: int,
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        # One file at a time: to mix several, datasets starts threads and waits 5 s for them.
        shuffled = spec.encoded(dataset).shuffle(
            seed=seed, buffer_size=SHUFFLE_BUFFER, max_buffer_input_shards=1
        )
        self.rows, self.spec = split_dataset_by_node(shuffled, rank, processes), spec

    def examples(self, skip: int = 0) -> Iterator[Example]:
        """All examples but the first `skip`, which are not decoded.

        Raises UserError if the stream breaks off.
        """
        pending = 0  # rows for which an example is still to come
        first_error: UnreadableError | None = None
        for epoch in itertools.count():
            rows = 0
            self.rows.set_epoch(epoch)
            for row in read_rows(self.rows):
                rows += 1
                if skip:
                    skip -= 1
                    continue
                pending += 1
                try:
                    image = self.spec.read(row)
                except UnreadableError as error:
                    if first_error is None:
                        logger.warning(
                            "A row of the stream can't be read (%s); the next one stands in, as"
                            " for any others.",
                            error,
                        )
                    first_error = first_error or error
                    continue
                yield from itertools.repeat(Example(image, self.spec.label(row)), pending)
                pending = 0
            if pending >= rows:
                raise _nothing_to_read(first_error, "A process's share of the stream")
