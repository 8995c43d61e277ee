"""This process among those that a launcher started."""

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Protocol, TypeVar, cast

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs, broadcast_object_list, gather_object
from tqdm import tqdm

from ddpm_hf.errors import UserError

Item = TypeVar("Item")
Result = TypeVar("Result")


def processes_here() -> int:
    """How many processes of this run share this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def make_accelerator(**settings: Any) -> Accelerator:
    """The accelerator of this process, with as many threads on a CPU as its share of the cores.

    Raises UserError where a launcher started several processes that do not know of each other.
    """
    # Some wait while one loads data from the Hub, or pushes: for longer than torch's ten minutes.
    patience = InitProcessGroupKwargs(timeout=timedelta(hours=3))
    accelerator = Accelerator(kwargs_handlers=[patience], **settings)
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started > 1 and accelerator.num_processes == 1:
        raise UserError(
            f"The launcher started {started} processes, but each believes it is alone; on a machine"
            " without GPUs set ACCELERATE_USE_CPU=true before `accelerate launch --multi_gpu`."
        )
    # `accelerate launch` leaves one thread to a CPU process unless told; the others would idle.
    launched = not {"ACCELERATE_MIXED_PRECISION", "LOCAL_WORLD_SIZE"}.isdisjoint(os.environ)
    one_thread = os.environ.get("OMP_NUM_THREADS", "1") == "1"
    if accelerator.device.type == "cpu" and launched and one_thread:
        torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // processes_here()))
    return accelerator


def on_main(accelerator: Accelerator, work: Callable[[], Result]) -> Result:
    """Do something on the main process alone; all have its result, or all raise its UserError.

    All processes must call this. Otherwise those left would wait for the one that is gone.
    """
    told: list[Any] = [None, None]
    if accelerator.is_main_process:
        try:
            told[0] = work()
        except UserError as error:
            told[1] = str(error)
        except OSError as error:
            told[1] = f"{error.strerror or error}: {error.filename or 'the output folder'}."
    result, refusal = broadcast_object_list(told)
    if refusal is not None:
        raise UserError(refusal)
    return cast(Result, result)


class Deal(Protocol):
    """A way to do some work on each of many items."""

    def __call__(
        self, items: Sequence[Item], work: Callable[[Item], Result], description: str
    ) -> list[Result]:
        """All results, in the items' order. Shows a progress bar of that description."""


def alone(items: Sequence[Item], work: Callable[[Item], Result], description: str) -> list[Result]:
    """This process does it all."""
    return [work(item) for item in tqdm(items, desc=description)]


def among(accelerator: Accelerator) -> Deal:
    """Each item is dealt whole to one process, and all processes have all results.

    All processes must call what this returns, with the same items.
    """
    rank, processes = accelerator.process_index, accelerator.num_processes

    def deal(
        items: Sequence[Item], work: Callable[[Item], Result], description: str
    ) -> list[Result]:
        mine = tqdm(items[rank::processes], desc=description, disable=rank > 0)
        done: list[list[Result]] = gather_object([[work(item) for item in mine]])
        return [done[i % processes][i // processes] for i in range(len(items))]

    return deal


def leave(accelerator: Accelerator) -> None:
    """End the trackers, and all processes together. The caller has let go of its network.

    The network is freed before the group of processes: if DDP's reducer held the last reference to
    the group, it would join gloo's threads with the GIL held that they need.
    """
    accelerator.wait_for_everyone()
    accelerator.free_memory()
    accelerator.end_training()
