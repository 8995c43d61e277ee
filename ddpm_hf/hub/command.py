"""`python -m ddpm_hf.hub`: push a trained model, or with `space` publish the page."""

import sys

from ddpm_hf.hub import push, space


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["space"]:
        space.main(arguments[1:])
    else:
        push.main(arguments)
