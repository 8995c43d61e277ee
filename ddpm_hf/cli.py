"""User-facing errors and exit codes of the command lines."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ddpm_hf.errors import UserError

STOPPED = 75
"""Exit status of a command that was stopped and can be continued: EX_TEMPFAIL, "try later"."""


@contextmanager
def command_line(name: str, stopped: str) -> Iterator[None]:
    """Run a command line: a UserError ends it with its message after the command's name.

    After Ctrl-C or SIGTERM, which preempted machines receive, it prints `stopped` and exits with
    the status STOPPED.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except UserError as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        print(stopped, file=sys.stderr)
        sys.exit(STOPPED)
    finally:
        signal.signal(signal.SIGTERM, before)
