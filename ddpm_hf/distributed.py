"""What several processes do together: set up, work on the main one, share items, shut down."""

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Protocol, TypeVar, cast

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs, broadcast_object_list, gather_object
from tqdm import tqdm

from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.machine import cores

Item = TypeVar("Item")
Result = TypeVar("Result")


def local_world_size() -> int:
    """How many processes of this run are on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def emulates_bf16(device: torch.device) -> bool:
    """Whether bfloat16 is slower than float32 there: a CPU without its instructions."""
    return device.type == "cpu" and not torch.ops.mkldnn._is_mkldnn_bf16_supported()


def make_accelerator(**settings: Any) -> Accelerator:
    """The accelerator of this process; on a CPU, with its share of the cores as threads.

    Raises UserError if a launcher started several processes that do not know of each other.
    """
    # The others wait while one downloads data or pushes, which may exceed torch's ten minutes.
    timeout = InitProcessGroupKwargs(timeout=timedelta(hours=3))
    accelerator = Accelerator(kwargs_handlers=[timeout], **settings)
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started > 1 and accelerator.num_processes == 1:
        raise UserError(
            f"The launcher started {started} processes, but each believes it is alone; on a machine"
            " without GPUs set ACCELERATE_USE_CPU=true before `accelerate launch --multi_gpu`."
        )
    # `accelerate launch` gives a CPU process one thread unless told otherwise: cores would idle.
    launched = not {"ACCELERATE_MIXED_PRECISION", "LOCAL_WORLD_SIZE"}.isdisjoint(os.environ)
    one_thread = os.environ.get("OMP_NUM_THREADS", "1") == "1"
    if accelerator.device.type == "cpu" and launched and one_thread:
        torch.set_num_threads(max(1, cores() // local_world_size()))
    return accelerator


def on_main(accelerator: Accelerator, work: Callable[[], Result]) -> Result:
    """Do some work on the main process only; all processes return its result or raise its error.

    UserError and OSError become a UserError everywhere, so that no process waits for one that has
    ended. All processes must call this.
    """
    outcome: list[Any] = [None, None]
    if accelerator.is_main_process:
        try:
            outcome[0] = work()
        except UserError as error:
            outcome[1] = str(error)
        except OSError as error:
            outcome[1] = f"{first_sentence(error)}: {error.filename or 'the output folder'}."
    result, message = broadcast_object_list(outcome)
    if message is not None:
        raise UserError(message)
    return cast(Result, result)


def on_all(accelerator: Accelerator, work: Callable[[], Result]) -> Result:
    """Do some work on each process; where one raises UserError, all do, with its message.

    All processes must call this.
    """
    result, message = None, None
    try:
        result = work()
    except UserError as error:
        message = str(error)
    if on_any(accelerator, message is not None):
        raise UserError(next(filter(None, gather_object([message]))))
    return cast(Result, result)


def on_any(accelerator: Accelerator, here: bool) -> bool:
    """Whether it is so `here` on any process. All processes must call this."""
    if accelerator.num_processes == 1:
        return here
    return bool(accelerator.reduce(torch.tensor(float(here), device=accelerator.device)) > 0)


class Map(Protocol):
    """A function like `map`: it applies some work to each of many items."""

    def __call__(
        self, items: Sequence[Item], work: Callable[[Item], Result], description: str
    ) -> list[Result]:
        """All results, in the order of the items. Shows a progress bar of that description."""


def serial_map(
    items: Sequence[Item], work: Callable[[Item], Result], description: str
) -> list[Result]:
    """A `Map` on this process."""
    return [work(item) for item in tqdm(items, desc=description)]


def parallel_map(accelerator: Accelerator) -> Map:
    """A `Map` that divides the items over all processes and gives all of them all results.

    All processes must call it, with the same items.
    """
    rank, processes = accelerator.process_index, accelerator.num_processes

    def map_items(
        items: Sequence[Item], work: Callable[[Item], Result], description: str
    ) -> list[Result]:
        mine = tqdm(items[rank::processes], desc=description, disable=rank > 0)
        done: list[list[Result]] = gather_object([[work(item) for item in mine]])
        return [done[i % processes][i // processes] for i in range(len(items))]

    return map_items


def shut_down(accelerator: Accelerator) -> None:
    """End the trackers and the process group. The caller has dropped its references to the network.

    The network is freed before the process group: if DDP's reducer held the last reference to the
    group, freeing it would join gloo's threads while it holds the GIL, for which they wait.
    """
    accelerator.wait_for_everyone()
    accelerator.free_memory()
    accelerator.end_training()
