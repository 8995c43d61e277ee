"""Contenders that take turns, each in a process of its own: one works while the others wait."""

import json
import os
import platform
import statistics
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import packages_distributions, version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "diffusers", "accelerate", "openvino")
Ask = Callable[[Any], Any]
Contender = Callable[[], Callable[[int], float]]
"""Sets up in its own process; the function it returns works n times and returns the seconds."""


def _serve(contender, pipe):
    try:
        work = contender()
        pipe.send(None)
        while (asked := pipe.recv()) is not None:
            pipe.send(work(asked))
    except BaseException:  # workers of the contender may keep the process from ending
        traceback.print_exc()
        os._exit(1)


@contextmanager
def seated(contenders: dict[str, Callable[[], Callable[[Any], Any]]]) -> Iterator[dict[str, Ask]]:
    """Start and set up each contender in a process of its own; yields a function to call each."""
    context, seats = get_context("spawn"), {}

    def asker(pipe):
        def ask(what):
            pipe.send(what)
            return pipe.recv()

        return ask

    try:
        for name, contender in contenders.items():
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(contender, theirs))
            process.start()
            theirs.close()  # so that recv fails if the process does
            seats[name] = (process, ours)
        for _, pipe in seats.values():
            pipe.recv()
        yield {name: asker(pipe) for name, (_, pipe) in seats.items()}
    finally:
        for process, pipe in seats.values():
            with suppress(OSError):  # it may have failed
                pipe.send(None)
            process.join()


def take_turns(contenders: dict[str, Contender], n: int, rounds: int) -> dict[str, list[float]]:
    """Seconds for one unit of work, for each contender in each round."""
    times = {name: [] for name in contenders}
    with seated(contenders) as seats:
        for ask in seats.values():
            ask(1)  # warm
        for _ in range(rounds):
            for name, ask in seats.items():
                times[name].append(ask(n) / n)
    return times


def _peak(contender, pipe):
    contender()(1)
    status = Path("/proc/self/status").read_text().splitlines()
    pipe.send(next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM")))


def peak_memory(contender: Contender) -> int:
    """Peak memory in bytes of a process that does the contender's work once."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_peak, args=(contender, theirs), daemon=True)
    process.start()
    theirs.close()
    peak: int = ours.recv()
    process.join()
    return peak


def medians(times: dict[str, list[float]]) -> dict[str, float]:
    return {name: statistics.median(each) for name, each in times.items()}


def machine() -> dict[str, object]:
    """The processor and the package versions."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((s.split(":")[1].strip() for s in lines if "model name" in s), platform.machine())
    there = packages_distributions()
    versions = {name: version(name) for name in PACKAGES if name in there}
    return {"cpu": cpu, "cores": len(os.sched_getaffinity(0)), "versions": versions}


def save(result: dict[str, object], path: str | None) -> str:
    """The result as JSON, written to the path if there is one."""
    text = json.dumps({**result, "machine": machine()}, indent=2)
    if path is not None:
        Path(path).write_text(text + "\n")
    return text


def write(result: dict[str, object], path: str | None) -> None:
    """Print the result as JSON, and write it to the path if there is one."""
    print(save(result, path))
