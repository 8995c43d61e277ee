"""A row of pictures that change together while the server samples: several runs, one timeline."""

import base64
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from torch import Tensor

from ddpm_hf.demo.page import Page, Words, rgb_bytes
from ddpm_hf.demo.row.words import PAGE
from ddpm_hf.demo.run import STATUS, with_status

SECONDS_BETWEEN_CHUNKS = 0.05


Note = dict[str, Any]
"""`key`, one of the view's `PAGE` words, and the numbers to put into it."""


class Frame(NamedTuple):
    """The pictures at one t: (n, 3, height, width), and a note (or {}) for each of them."""

    t: int
    pictures: Tensor
    notes: list[Note]


class RowChunk(TypedDict):
    """Some frames of a run, in order; `total` in all.

    `data` is base64 of the pictures' RGB bytes, frame by frame. `verdict` comes with the last one.
    """

    run: str
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

    words: the view's own, with `idle`, which is shown before the first run.
    """

    def __init__(self, words: Words, **kwargs: Any) -> None:
        both = {language: {**PAGE[language], **words[language]} for language in PAGE}
        super().__init__(Path(__file__).parent, with_status(both), scripts=[STATUS], **kwargs)


def row_chunks(
    frames: Iterable[Frame],
    total: int,
    captions: list[Note],
    verdict: Callable[[list[Note]], Note],
) -> Iterator[RowChunk]:
    """The frames as they come, several in one chunk where they come fast.

    verdict: from the notes of the last frame.
    """
    run, waiting, sent = uuid.uuid4().hex, list[Frame](), time.monotonic()
    for number, frame in enumerate(frames, start=1):
        waiting.append(frame)
        if number < total and time.monotonic() - sent < SECONDS_BETWEEN_CHUNKS:
            continue
        yield RowChunk(
            run=run,
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
