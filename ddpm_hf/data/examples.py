"""The examples of a split: kept in memory, decoded one by one from disk, or streamed."""

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

from ddpm_hf.data.datasets import reading
from ddpm_hf.data.image_spec import ImageSpec
from ddpm_hf.errors import UserError

logger = logging.getLogger(__name__)

SHUFFLE_BUFFER = 1000
"""Pictures of a stream among which the next one is drawn."""


class Example(NamedTuple):
    """A picture in its spec, and its class (0 where there are none)."""

    picture: Tensor
    label: int


class MapDataset(Protocol):
    """Pictures that can be had by number, 0..len − 1."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Example: ...


class ImagesInMemory:
    """All pictures of a split, decoded once and kept: for sets that fit into memory.

    A row that can't be read is replaced by the next one that can; `corrupt` lists such rows.
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


class ImagesOnDisk:
    """The same pictures, each decoded when it is asked for: for sets that do not fit."""

    def __init__(self, dataset: Dataset, spec: ImageSpec) -> None:
        self.rows, self.spec = spec.encoded(dataset), spec
        self._told: set[int] = set()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Example:
        for i in (*range(index, len(self)), *range(index)):
            row = self.rows[i]
            picture = self.spec.read(row)
            if picture is not None:
                return Example(picture, self.spec.label(row))
            if i not in self._told:
                logger.warning("Row %d can't be read; the next one stands in.", i)
                self._told.add(i)
        raise UserError("The split holds no picture that can be read.")


def fits_in_memory(dataset: Dataset, spec: ImageSpec, processes: int) -> bool:
    """Whether each process here may keep all pictures decoded: a quarter of the memory in all."""
    one = spec.channels * spec.resolution**2 * (1 if spec.center_crop else 1.5)
    bytes_each = 4 if spec.keep_precision else 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    container = Path("/sys/fs/cgroup/memory.max")
    if container.exists() and (limit := container.read_text().strip()).isdigit():
        memory = min(memory, int(limit))
    return bool(len(dataset) * one * bytes_each * processes <= memory / 4)


class ImageStream:
    """Pictures from an endless walk through a streamed set, for one process of many.

    The shuffled order depends on the seed and the number of processes alone. A row that can't be
    read is replaced by the next one that can, so that each row gives one picture.
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
        # One file after the other: to mix several, datasets starts threads, and waits 5 s for them.
        shuffled = spec.encoded(dataset).shuffle(
            seed=seed, buffer_size=SHUFFLE_BUFFER, max_buffer_input_shards=1
        )
        self.rows, self.spec = split_dataset_by_node(shuffled, rank, processes), spec

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
                if (picture := self.spec.read(row)) is None:
                    if not told:
                        logger.warning(
                            "A row of the stream can't be read; the next one stands in, and so it"
                            " goes with others."
                        )
                    told = True
                    continue
                yield from itertools.repeat(Example(picture, self.spec.label(row)), to_fill)
                to_fill = 0
            if to_fill >= rows:
                raise UserError("A process's share of the stream holds no picture to read.")
