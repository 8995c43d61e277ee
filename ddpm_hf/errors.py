"""User-facing errors, and helpers for their messages."""

from collections.abc import Sequence


class UserError(ValueError):
    """A mistake that the user can correct; the message says how, in a sentence or two."""


def first_sentence(error: Exception) -> str:
    """The first sentence of an error of another library, without its full stop.

    Of an error of the operating system what it says, without number and file.
    """
    said = getattr(error, "strerror", None) or error
    message = " ".join(str(said).split()) or type(error).__name__
    return message.split(". ")[0].rstrip(".!")


def first_ten(things: Sequence[object]) -> str:
    """The first ten, separated by commas, and … if there are more."""
    return ", ".join(map(str, things[:10])) + (", …" if len(things) > 10 else "")


def as_text(said: str) -> str:
    """Text that names files, for people: what of it is not UTF-8 is read as Latin-1."""
    return said.translate({0xDC00 + byte: chr(byte) for byte in range(0x80, 0x100)})
