"""Processes of one run, with the environments that `accelerate launch` gives them."""

from tests.e2e.conftest import free_port
from tests.preloaded import preloaded


def environments(processes, **settings):
    shared = {
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
        "ACCELERATE_MIXED_PRECISION": "no",
        "ACCELERATE_USE_CPU": "true",
        **settings,
    }
    return [{**shared, "RANK": str(i), "LOCAL_RANK": str(i)} for i in range(processes)]


def start(arguments, processes=2, **settings):
    return preloaded().start(arguments, *environments(processes, **settings))


def run(arguments, processes=2, **settings):
    """What they print; all must end well."""
    said, statuses = start(arguments, processes, **settings).finish()
    assert not any(statuses), said
    return said
