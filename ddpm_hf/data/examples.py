"""The examples of a split: decoded in memory, read one by one from disk, or streamed."""

import itertools
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from datasets import Dataset, IterableDataset
from datasets.distributed import split_dataset_by_node
from torch import Tensor
from tqdm import tqdm

from ddpm_hf.data.datasets import wrap_read_errors
from ddpm_hf.data.image_spec import ImageSpec
from ddpm_hf.errors import UserError

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

    A row that can't be read is replaced by the next readable one; `corrupt` lists such rows.
    """

    def __init__(self, dataset: Dataset, spec: ImageSpec, *, show_progress: bool = True) -> None:
        rows = tqdm(
            spec.encoded(dataset),
            desc="Decoding pictures",
            disable=not show_progress,
            unit="picture",
        )
        self.spec = spec
        decoded = [(spec.read(row), spec.label(row)) for row in rows]
        self.corrupt = [i for i, (image, _) in enumerate(decoded) if image is None]
        readable = [Example(image, label) for image, label in decoded if image is not None]
        if not readable:
            raise UserError("The split holds no picture that can be read.")
        next_readable = readable[0]
        self.examples = [next_readable] * len(decoded)
        for i, (image, label) in reversed(list(enumerate(decoded))):
            next_readable = next_readable if image is None else Example(image, label)
            self.examples[i] = next_readable

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
        for i in (*range(index, len(self)), *range(index)):
            row = self.rows[i]
            image = self.spec.read(row)
            if image is not None:
                return Example(image, self.spec.label(row))
            if i not in self._warned:
                logger.warning("Row %d can't be read; the next one stands in.", i)
                self._warned.add(i)
        raise UserError("The split holds no picture that can be read.")


def fits_in_memory(dataset: Dataset, spec: ImageSpec, processes: int) -> bool:
    """Whether all images, once for each process here, take at most a quarter of the memory."""
    values = spec.channels * spec.resolution**2 * (1 if spec.center_crop else 1.5)
    bytes_each = 4 if spec.keep_precision else 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    container = Path("/sys/fs/cgroup/memory.max")
    if container.exists() and (limit := container.read_text().strip()).isdigit():
        memory = min(memory, int(limit))
    return bool(len(dataset) * values * bytes_each * processes <= memory / 4)


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

    def _epoch(self, number: int) -> Iterator[dict[str, Any]]:
        self.rows.set_epoch(number)
        with wrap_read_errors():
            yield from self.rows

    def examples(self, skip: int = 0) -> Iterator[Example]:
        """All examples but the first `skip`, which are not decoded.

        Raises UserError if the stream breaks off.
        """
        pending, warned = 0, False  # pending: rows for which an example is still to come
        for epoch in itertools.count():
            rows = 0
            for row in self._epoch(epoch):
                rows += 1
                if skip:
                    skip -= 1
                    continue
                pending += 1
                if (image := self.spec.read(row)) is None:
                    if not warned:
                        logger.warning(
                            "A row of the stream can't be read; the next one stands in, as for any"
                            " others."
                        )
                    warned = True
                    continue
                yield from itertools.repeat(Example(image, self.spec.label(row)), pending)
                pending = 0
            if pending >= rows:
                raise UserError("A process's share of the stream holds no picture to read.")
