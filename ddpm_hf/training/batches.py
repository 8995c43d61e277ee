"""One process's batches, in the order of the run, prepared ahead by workers where asked."""

import itertools
import signal
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

from ddpm_hf.data.examples import ImageStream, MapDataset
from ddpm_hf.errors import UserError
from ddpm_hf.training.randomness import Batch, BatchRandomness, picture_index

ImageSource = MapDataset | ImageStream
"""A split's pictures: any that can be had by number, or a stream of this process's shard."""


@dataclass(frozen=True)
class BatchShard:
    """Which part of each global batch is this process's.

    A global batch is `accumulation` times `processes` pieces of `batch_size` positions; this
    process has every `processes`-th piece, from `rank` on.
    """

    batch_size: int
    rank: int = 0
    processes: int = 1
    accumulation: int = 1

    @property
    def global_batch_size(self) -> int:
        """ImageSource in one optimiser step."""
        return self.batch_size * self.processes * self.accumulation

    def pieces(self, first_step: int) -> Iterator[tuple[int, range]]:
        """(step, positions) of this process's pieces, from a step on, without end."""
        for step in itertools.count(first_step):
            for micro in range(self.accumulation):
                first = (micro * self.processes + self.rank) * self.batch_size
                yield step, range(first, first + self.batch_size)


@dataclass(frozen=True)
class _ByNumber(Dataset[Batch | UserError]):
    """Batches of pictures that can be had by number."""

    pictures: MapDataset
    randomness: BatchRandomness
    shard: BatchShard

    def __getitem__(self, piece: tuple[int, range]) -> Batch | UserError:
        step, positions = piece
        n, start = len(self.pictures), step * self.shard.global_batch_size
        indices = (
            picture_index(self.randomness.seed, n, start + position) for position in positions
        )
        try:
            return self.randomness.training(step, positions, (self.pictures[i] for i in indices))
        except UserError as error:  # raised in a worker, it would come with all of its traceback
            return error


class _Streamed(IterableDataset[Batch | UserError]):
    """Batches of a stream, from a step on."""

    def __init__(
        self, stream: ImageStream, randomness: BatchRandomness, shard: BatchShard, first_step: int
    ) -> None:
        self.stream, self.randomness, self.shard, self.first_step = (
            stream,
            randomness,
            shard,
            first_step,
        )

    def __iter__(self) -> Iterator[Batch | UserError]:
        shard = self.shard
        seen = self.first_step * shard.accumulation * shard.batch_size
        examples = self.stream.examples(skip=seen)
        for step, positions in shard.pieces(self.first_step):
            some = itertools.islice(examples, len(positions))
            try:
                yield self.randomness.training(step, positions, some)
            except UserError as error:
                yield error


def batches(
    pictures: ImageSource,
    randomness: BatchRandomness,
    shard: BatchShard,
    first_step: int = 0,
    workers: int = 0,
) -> Generator[Batch, None, None]:
    """This process's batches from `first_step` on, `shard.accumulation` for each step.

    The same whatever the number of workers; a stream takes one at most, to keep its order. To be
    closed: workers pass over the SIGTERM by which Python would end them at its own end.
    Raises UserError for a row that can't be used, RuntimeError for a worker that was killed.
    """
    loader: DataLoader[Batch | UserError]
    if isinstance(pictures, ImageStream):
        streamed = _Streamed(pictures, randomness, shard, first_step)
        loader = DataLoader(streamed, num_workers=min(workers, 1), **_LOADING)
    else:
        pieces, numbered = shard.pieces(first_step), _ByNumber(pictures, randomness, shard)
        loader = DataLoader(numbered, sampler=pieces, num_workers=workers, **_LOADING)
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


def _let_the_run_decide(_worker: int) -> None:
    """Have a worker outlive the signals that tell the whole run to stop: the run saves first."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


_LOADING: dict[str, Any] = {
    "batch_size": None,
    "pin_memory": torch.cuda.is_available(),
    "worker_init_fn": _let_the_run_decide,
}
