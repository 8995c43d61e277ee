"""What is decided once for all pictures of a data set, and what its user should know of them."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from datasets import Dataset

from ddpm_hf.data.cells import Cell, UnreadableError, reading
from ddpm_hf.data.datasets import read_rows
from ddpm_hf.errors import UserError

PROBED, PROBED_OF_STREAM = 256, 64
"""How many pictures are looked at: evenly spaced rows, or the first ones of a stream."""
DARK = 127
"""Where no value is higher, white may be another than it was taken for."""


class Survey(NamedTuple):
    """What the pictures of a data set are like.

    channels: the most that any has. whites: Pillow mode → the value of white, for the modes whose
    files do not tell. brightest: the highest value, 0..255, of the others. unread: what is not read
    of a file.
    """

    channels: int
    whites: Mapping[str, float]
    brightest: float
    unread: str

    def notices(self, channels: int, background: str) -> Iterator[str]:
        """What the user should know, where the pictures are read with that many channels."""
        if self.brightest <= DARK:
            yield (
                f"No value of the pictures is above {self.brightest:.3g} of 255, so that they are"
                " nearly black; if white is less than their files can hold, scale them first."
            )
        if self.unread:
            yield f"{self.unread}."
        if self.channels == 4 != channels:
            yield f"Transparent pictures are laid on {background}; --background changes that."
        if "F" in self.whites:
            yield f"White in pictures of floats is {self.whites['F']:g}, for no value is higher."


class _Look(NamedTuple):
    channels: int
    brightest: float | None
    unread: str


def survey(encoded: Any, column: str) -> Survey:
    """Look at some pictures; at all, if it depends on them what is white.

    encoded: a data set or stream with that column, not decoded.
    Raises UserError if none of the pictures can be read, and for grey of unknown white.
    """
    if isinstance(encoded, Dataset):
        probed = encoded.select(range(0, len(encoded), -(-len(encoded) // PROBED) or 1))
    else:
        probed = encoded = encoded.take(PROBED_OF_STREAM)
    looks, failures = list[_Look](), list[UnreadableError]()
    for row in read_rows(probed):
        try:
            looks.append(_look(row[column]))
        except UnreadableError as error:
            failures.append(error)
    if not looks:
        raise UserError(
            f"Of {len(failures)} rows of the data set none holds a picture that can be read"
            + (f"; the first: {failures[0]}." if failures else ".")
        )
    known = [look.brightest for look in looks if look.brightest is not None]
    whites = _whites(encoded, column) if len(known) < len(looks) else {}
    unread = next((look.unread for look in looks if look.unread), "")
    channels = max(look.channels for look in looks)
    return Survey(channels, whites, max(known, default=255.0), unread)


def _look(cell: Cell) -> _Look:
    with reading(cell) as picture:
        brightest, unread, channels = None, picture.unread, picture.channels()
        if not picture.deep or picture.white is not None:
            bands: Any = picture.flat(3, None, "black").getextrema()
            brightest = float(max(high for _, high in bands))
        image: Any = picture.image
        with suppress(Exception):  # a damaged second frame is no matter
            if not unread and image.is_animated and image.format != "PSD":
                unread = "of its frames only the first is read"
        name = (cell and cell["path"]) or "A picture"
        return _Look(channels, brightest, unread and f"{name}: {unread}")


def _whites(rows: Any, column: str) -> dict[str, float]:
    """What is white in each mode whose files do not tell: 1 for floats up to 1, else 255.

    Raises UserError for values beyond that.
    """
    highest, whites = dict[str, float](), dict[str, float]()
    for row in read_rows(rows):
        with suppress(UnreadableError), reading(cell := row[column]) as picture:
            if picture.deep and picture.white is None:
                low, high = picture.extent()
                if low < 0 or high > 255:
                    break
                mode = picture.image.mode
                highest[mode] = max(highest.get(mode, 0.0), high)
                whites[mode] = picture.likely_white(highest[mode])
    else:
        return whites
    where = f" It is {cell['path']}." if cell and cell["path"] else ""
    raise UserError(
        f"A grey picture has values from {low:g} to {high:g}, which does not tell what is white:"
        f" save such pictures with 8 or 16 bits.{where}"
    )
