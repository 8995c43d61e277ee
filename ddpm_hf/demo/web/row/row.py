"""A row of pictures that change together while the server samples: several runs, one timeline."""

import base64
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from torch import Tensor

from ddpm_hf.demo.web.encoding import rgb_bytes
from ddpm_hf.demo.web.page import Page, Strings
from ddpm_hf.demo.web.row.strings import PAGE
from ddpm_hf.demo.web.run.run import with_status

SECONDS_BETWEEN_CHUNKS = 0.05


Note = dict[str, Any]
"""`key`, one of the view's `PAGE` strings, and the numbers to put into it."""


class Frame(NamedTuple):
    """The pictures at one t: (n, 3, height, width), and a note (or {}) for each of them."""

    t: int
    pictures: Tensor
    notes: list[Note]


class RowChunk(TypedDict):
    """Some frames of a run, in order: the first of them is frame `first` of `total`.

    `data` is base64 of the pictures' RGB bytes, frame by frame. `verdict` comes with the last one.
    """

    first: int
    total: int
    width: int
    height: int
    captions: list[Note]
    t: list[int]
    notes: list[list[Note]]
    data: str
    verdict: Note | None


class Row(Page):
    """The row of canvases. Its value is the latest `RowChunk`; use it as an output only.

    strings: the view's own, with `idle`, which is shown before the first run.
    """

    def __init__(self, strings: Strings, elem_id: str) -> None:
        both = {language: {**PAGE[language], **strings[language]} for language in PAGE}
        super().__init__(Path(__file__).parent, with_status(both), elem_id=elem_id, screen=elem_id)


def row_chunks(
    frames: Iterable[Frame],
    total: int,
    captions: list[Note],
    verdict: Callable[[list[Note]], Note],
) -> Generator[RowChunk, None, None]:
    """The frames as they come, several in one chunk where they come fast.

    verdict: from the notes of the last frame.
    """
    waiting, sent = list[Frame](), time.monotonic()
    for number, frame in enumerate(frames, start=1):
        waiting.append(frame)
        if number < total and time.monotonic() - sent < SECONDS_BETWEEN_CHUNKS:
            continue
        yield RowChunk(
            first=number - len(waiting),
            total=total,
            width=frame.pictures.shape[3],
            height=frame.pictures.shape[2],
            captions=captions,
            t=[frame.t for frame in waiting],
            notes=[frame.notes for frame in waiting],
            data=base64.b64encode(b"".join(rgb_bytes(f.pictures) for f in waiting)).decode(),
            verdict=verdict(frame.notes) if number == total else None,
        )
        waiting, sent = [], time.monotonic()
