"""One process's batches in the order of the run, prepared ahead by worker processes if asked."""

import itertools
import signal
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

from ddpm_hf.data.examples import ImageStream, MapDataset
from ddpm_hf.errors import UserError
from ddpm_hf.training.randomness import Batch, BatchRandomness, image_index

Images = MapDataset | ImageStream
"""The images of a split: by number, or as a stream of this process's shard."""


@dataclass(frozen=True)
class BatchShard:
    """This process's part of each global batch.

    A global batch is `accumulation` × `processes` micro-batches of `batch_size` positions; this
    process has every `processes`-th of them, from `rank` on.
    """

    batch_size: int
    rank: int = 0
    processes: int = 1
    accumulation: int = 1

    @property
    def global_batch_size(self) -> int:
        """Images in one optimiser step, over all processes."""
        return self.batch_size * self.processes * self.accumulation

    def micro_batches(self, first_step: int) -> Iterator[tuple[int, range]]:
        """(step, positions) of this process's micro-batches, from a step on, without end."""
        for step in itertools.count(first_step):
            for micro in range(self.accumulation):
                first = (micro * self.processes + self.rank) * self.batch_size
                yield step, range(first, first + self.batch_size)


@dataclass(frozen=True)
class _MapBatches(Dataset[Batch | UserError]):
    """The batches of images that are had by number."""

    images: MapDataset
    randomness: BatchRandomness
    shard: BatchShard

    def __getitem__(self, micro_batch: tuple[int, range]) -> Batch | UserError:
        step, positions = micro_batch
        n, start = len(self.images), step * self.shard.global_batch_size
        indices = (image_index(self.randomness.seed, n, start + p) for p in positions)
        try:
            return self.randomness.training_batch(
                step, positions, (self.images[i] for i in indices)
            )
        except UserError as error:  # raised in a worker, it would come with all of its traceback
            return error


@dataclass(frozen=True)
class _StreamBatches(IterableDataset[Batch | UserError]):
    """The batches of a stream, from a step on."""

    stream: ImageStream
    randomness: BatchRandomness
    shard: BatchShard
    first_step: int

    def __iter__(self) -> Iterator[Batch | UserError]:
        shard = self.shard
        seen = self.first_step * shard.accumulation * shard.batch_size
        examples = self.stream.examples(skip=seen)
        for step, positions in shard.micro_batches(self.first_step):
            some = itertools.islice(examples, len(positions))
            try:
                yield self.randomness.training_batch(step, positions, some)
            except UserError as error:
                yield error


def batches(
    images: Images,
    randomness: BatchRandomness,
    shard: BatchShard,
    first_step: int = 0,
    workers: int = 0,
) -> Generator[Batch, None, None]:
    """This process's batches from `first_step` on, `shard.accumulation` for each step.

    They do not depend on the number of workers; a stream takes at most one, to keep its order.
    Close the generator to end the workers: they ignore SIGTERM.
    Raises UserError for a row that can't be used, RuntimeError if a worker was killed.
    """
    loader: DataLoader[Batch | UserError]
    if isinstance(images, ImageStream):
        streamed = _StreamBatches(images, randomness, shard, first_step)
        loader = DataLoader(streamed, num_workers=min(workers, 1), **_LOADING)
    else:
        numbered, order = _MapBatches(images, randomness, shard), shard.micro_batches(first_step)
        loader = DataLoader(numbered, sampler=order, num_workers=workers, **_LOADING)
    loaded = iter(loader)
    try:
        for batch in loaded:
            if isinstance(batch, UserError):
                raise batch
            yield batch
    except (ConnectionError, EOFError) as error:  # a batch is fetched from the worker that made it
        raise RuntimeError("A DataLoader worker was killed") from error
    finally:
        if loader.num_workers:
            loaded._shutdown_workers()  # type: ignore[attr-defined]


def _ignore_stop_signals(_worker: int) -> None:
    """Keep a worker alive when the whole run is told to stop: the run saves first."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


_LOADING: dict[str, Any] = {
    "batch_size": None,
    "pin_memory": torch.cuda.is_available(),
    "worker_init_fn": _ignore_stop_signals,
}
