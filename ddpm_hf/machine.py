"""What this process may use of the machine, on Linux, macOS and Windows."""

import os
from pathlib import Path

import psutil

CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def cores() -> int:
    """How many CPU cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # macOS and Windows have no such thing
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> int:
    """The bytes of memory of the machine, or of the container if that has less."""
    total: int = psutil.virtual_memory().total
    if CONTAINER_LIMIT.exists() and (limit := CONTAINER_LIMIT.read_text().strip()).isdigit():
        return min(total, int(limit))
    return total
