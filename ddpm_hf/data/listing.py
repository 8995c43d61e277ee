"""The files of a local folder, and which of them are pictures."""

import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from posixpath import join, splitext
from typing import NamedTuple

from PIL import Image

from ddpm_hf.errors import first_ten

Tell = Callable[[str], None]
NOT_DECODED = ("BUFR", "GRIB", "HDF5", "MPEG", "WMF")
"""Formats that Pillow knows and can't decode."""


class Listing(NamedTuple):
    """The paths of the files, relative to their folder, sorted.

    hidden: pictures and folders whose names begin with . or __, or that lead back up.
    """

    pictures: list[str]
    others: list[str]
    hidden: list[str]


@cache
def _suffixes() -> frozenset[str]:
    """The endings of the formats that Pillow decodes."""
    known = Image.registered_extensions().items()
    decoded = (Image.OPEN.keys() | {"MPO"}) - set(NOT_DECODED)
    return frozenset(suffix for suffix, name in known if name in decoded)


def as_text(name: str) -> str:
    """A file's name as text: its bytes are UTF-8, else read as Latin-1."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("latin-1")
    return name


def named(paths: Sequence[str]) -> str:
    """How many files, and the first of them."""
    return f"{len(paths)} ({first_ten([as_text(path) for path in paths[:11]])})"


def list_files(folder: Path, tell: Tell) -> Listing:
    """All files of a folder and its subfolders; links are followed."""
    found = Listing([], [], [])

    def unopened(error: OSError) -> None:
        tell(f"Can't open {as_text(str(error.filename))}: {error.strerror}; it is left out.")

    way = {str(folder): [os.path.realpath(folder)]}  # where each folder and those above it lie
    for here, folders, files in os.walk(folder, onerror=unopened, followlinks=True):
        below = Path(here).relative_to(folder)
        for name in [*folders]:
            real = os.path.realpath(join(here, name))
            way[join(here, name)] = [*way[here], real]
            leads_back = any(f"{above}/".startswith(f"{real}/") for above in way[here])
            if leads_back or name.startswith((".", "__")):
                folders.remove(name)
                found.hidden.append((below / name).as_posix())
        for name in files:
            is_picture = splitext(name)[1].lower() in _suffixes()
            if is_picture or not name.startswith("."):
                kind = found.pictures if is_picture else found.others
                kind = found.hidden if name.startswith(".") else kind
                kind.append((below / name).as_posix())
    return Listing(*(sorted(paths) for paths in found))
