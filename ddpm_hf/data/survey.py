"""What is decided once for all images of a data set, and what to tell its user."""

from contextlib import suppress
from typing import Any

from datasets import Dataset

from ddpm_hf.data.cells import UnreadableError, reading
from ddpm_hf.data.datasets import read_rows
from ddpm_hf.data.folder import Tell
from ddpm_hf.data.picture import likely_white
from ddpm_hf.errors import UserError

PROBED, PROBED_OF_STREAM = 256, 64
"""How many images are looked at: evenly spaced rows, or the first ones of a stream."""
DARK = 127
"""Where no value is higher, white may be another than it was taken for."""


def survey(
    encoded: Any, column: str, channels: int | None, background: str, tell: Tell
) -> tuple[int, dict[str, float]]:
    """The most channels in a sample of images, and the value of white in each Pillow mode.

    Modes whose files tell what is white are left out; if there are others, all images are looked
    at. encoded: a data set or stream with that column, not decoded. channels: as many are read, if
    that is decided. tell: is called with what the user should know of the images.
    Raises UserError if none of the images can be read, and for grey of unknown white.
    """
    if isinstance(encoded, Dataset):
        probed = encoded.select(range(0, len(encoded), -(-len(encoded) // PROBED) or 1))
    else:
        probed = encoded = encoded.take(PROBED_OF_STREAM)
    found, brightest, unread, failures = list[int](), list[float](), "", list[UnreadableError]()
    for row in read_rows(probed):
        try:
            with reading(cell := row[column]) as picture:
                if not picture.deep or picture.white is not None:
                    bands: Any = picture.flat(3, None, "black").getextrema()
                    brightest.append(max(high for _, high in bands))
                found.append(picture.channels())
                if more := picture.unread or _frames(picture.image):
                    unread = unread or f"{cell['path'] or 'An image'}: {more}."
        except UnreadableError as error:
            failures.append(error)
    if not found:
        why = f"; the first: {failures[0]}" if failures else ""
        raise UserError(
            f"Of {len(failures)} rows of the data set none holds an image that can be read{why}."
        )
    whites = _whites(encoded, column) if len(brightest) < len(found) else {}
    _tell(tell, max(brightest, default=255), unread, whites)
    if max(found) == 4 and channels in (1, 3):
        tell(f"Transparent images are laid on {background}; --background changes that.")
    return channels or max(found), whites


def _frames(image: Any) -> str:
    with suppress(Exception):  # a damaged second frame is no matter
        if image.is_animated and image.format != "PSD":
            return "of its frames only the first is read"
    return ""


def _tell(tell: Tell, brightest: float, unread: str, whites: dict[str, float]) -> None:
    if brightest <= DARK:
        tell(
            f"No value of the images is above {brightest:.3g} of 255, so they are nearly"
            " black; if their white is below the largest value of the format, scale them first."
        )
    if unread:
        tell(unread)
    if "F" in whites:
        tell(f"White in floating-point images is {whites['F']:g}, the largest value.")


def _whites(rows: Any, column: str) -> dict[str, float]:
    """What is white in each mode whose files do not tell: 1 for floats up to 1, else 255.

    Raises UserError for values beyond that.
    """
    highest = dict[str, float]()
    for row in read_rows(rows):
        with suppress(UnreadableError), reading(cell := row[column]) as picture:
            if picture.deep and picture.white is None:
                low, high = picture.extent()
                if low < 0 or high > 255:
                    break
                mode = picture.image.mode
                highest[mode] = max(highest.get(mode, 0.0), high)
    else:
        return {mode: likely_white(mode, high) for mode, high in highest.items()}
    where = f" It is {cell['path']}." if cell and cell["path"] else ""
    raise UserError(
        f"A grey image has values from {low:g} to {high:g}, which does not tell what is white:"
        f" save such images with 8 or 16 bits.{where}"
    )
