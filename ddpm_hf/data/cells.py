"""The cells of an image column: the bytes of a file, or its path."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from datasets.utils.file_utils import is_local_path, xopen
from PIL import Image, UnidentifiedImageError

from ddpm_hf.data.picture import Picture, open_picture
from ddpm_hf.errors import first_sentence

Cell = dict[str, Any] | None
"""`bytes` or `path` of an image; None for an empty cell."""
URI = "file://"
TELLING = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
"""Errors whose message is a sentence."""


class UnreadableError(ValueError):
    """A cell holds no image that can be read; the message says which file it is, and why."""


@contextmanager
def reading(cell: Cell) -> Iterator[Picture]:
    """The image in a cell; any error of Pillow, also while it is used, becomes UnreadableError."""
    try:
        yield open_picture(_content(cell))
    except Exception as error:  # struct.error, IndexError, AssertionError, MemoryError, …
        reason = first_sentence(error)
        if isinstance(error, UnidentifiedImageError):
            reason = "its format is not known"
        elif not isinstance(error, TELLING):
            reason = f"{type(error).__name__}: {reason}"
        name = f"{cell['path']}: " if cell and cell["path"] else ""
        raise UnreadableError(f"{name}{reason}") from error


def _content(cell: Cell) -> bytes:
    """The bytes of the file in a cell. Raises ValueError or OSError if there is none."""
    if cell is None or (cell["bytes"] is None and not cell["path"]):
        raise ValueError("the cell is empty")
    if cell["bytes"] is not None:
        return bytes(cell["bytes"])
    path = str(cell["path"])
    if path.startswith(URI):
        path = os.fsdecode(unquote_to_bytes(path.removeprefix(URI)))
    if is_local_path(path):
        return Path(path).read_bytes()
    with xopen(path, "rb") as file:
        return bytes(file.read())
