"""What is said to the person at the keyboard when something is wrong, or stopped."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STOPPED = 75
"""Exit status of a command that was told to stop and can go on: EX_TEMPFAIL, "try again later"."""


class UserError(ValueError):
    """Something the user can mend; the message is one sentence that says how."""


def first_sentence(error: Exception) -> str:
    """What an error of another library says first, to stand in a sentence of ours."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said.split(". ")[0].rstrip(".")


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
