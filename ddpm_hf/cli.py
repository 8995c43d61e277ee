"""The frame of a command line: one sentence for an error, and an exit status for a stop."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ddpm_hf.errors import UserError

STOPPED = 75
"""Exit status of a command that was told to stop and can go on: EX_TEMPFAIL, "try again later"."""


@contextmanager
def command_line(name: str, stopped: str) -> Iterator[None]:
    """A command line: it ends with one sentence for a UserError.

    Told to stop, by Ctrl-C or by SIGTERM, as spot machines send it, it says `stopped` and ends with
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
