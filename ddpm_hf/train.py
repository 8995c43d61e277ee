"""Train a DDPM: `accelerate launch -m ddpm_hf.train --config cats-32`, or `ddpm-train`."""

import threading

from ddpm_hf.cli import command_line, extra
from ddpm_hf.training.config import parse_config

STOPPED = (
    "Stopped; --resume_from_checkpoint latest resumes from the last checkpoint, or starts over if"
    " there is none yet."
)


def _told_by_the_next_report(thread: threading.ExceptHookArgs) -> None:
    """Say nothing of a full disk where TensorBoard's thread meets it: it hands the error on."""
    if not issubclass(thread.exc_type, OSError):
        threading.__excepthook__(thread)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    threading.excepthook = _told_by_the_next_report
    with command_line("ddpm_hf.train", STOPPED):
        config = parse_config(arguments)
        with extra("train"):  # takes seconds; wrong flags are reported before
            from ddpm_hf.training.run import train
        train(config)


if __name__ == "__main__":
    main()
