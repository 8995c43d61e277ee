"""User-facing errors, and how their sentences are put together."""

from collections.abc import Sequence


class UserError(ValueError):
    """Something the user can mend; the message is one sentence that says how."""


def first_sentence(error: Exception) -> str:
    """What an error of another library says first, to stand in a sentence of ours."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said.split(". ")[0].rstrip(".")


def few(things: Sequence[object]) -> str:
    """The first ten of them, as a list in a sentence."""
    return ", ".join(map(str, things[:10])) + (", …" if len(things) > 10 else "")
