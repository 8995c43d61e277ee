"""A row of pictures that change together while the network samples: several runs, one timeline."""

import time
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from torch import Tensor

from ddpm_hf.demo.service.limits import is_behind
from ddpm_hf.demo.web.encoding import sheet
from ddpm_hf.demo.web.page import Page, Strings
from ddpm_hf.demo.web.row.strings import PAGE
from ddpm_hf.demo.web.run.run import with_status

SECONDS_BETWEEN_CHUNKS = 0.05


Caption = dict[str, Any]
"""`key`, one of the view's `PAGE` strings, and the numbers to put into it."""


class Frame(NamedTuple):
    """The pictures at one t: (n, 3, height, width)."""

    t: int
    pictures: Tensor


class RowChunk(TypedDict):
    """Some frames of a run, or none, in order: the first of them is frame `first` of `total`.

    `steps` are those of the network. `data` is a `sheet` of the frames; empty without frames.
    `about` are numbers that the view's script is to have for what it says of them.
    """

    first: int
    total: int
    steps: int
    width: int
    height: int
    captions: list[Caption]
    t: list[int]
    data: str
    about: dict[str, Any]


class Row(Page):
    """The row of canvases. Its value is the latest `RowChunk`; use it as an output only.

    strings: the view's own, with `idle`, which is shown before the first run. script: the view's,
    which mounts row.js. here: what the view's here.js is to know; None where every run is the
    server's.
    """

    def __init__(
        self, strings: Strings, elem_id: str, script: Path, here: dict[str, Any] | None
    ) -> None:
        both = {language: {**PAGE[language], **strings[language]} for language in PAGE}
        super().__init__(
            Path(__file__).parent,
            with_status(both),
            script=script,
            elem_id=elem_id,
            screen=elem_id,
            here=here,
        )


def row_chunks(
    frames: Iterable[Frame],
    total: int,
    captions: list[Caption],
    about: dict[str, Any],
) -> Generator[RowChunk, None, None]:
    """The frames as they come, several in one chunk where they come fast.

    A caller who is behind gets chunks without frames, and the last one.
    """
    waiting, sent = list[Frame](), time.monotonic()
    for number, frame in enumerate(frames, start=1):
        waiting.append(frame)
        if number < total and time.monotonic() - sent < SECONDS_BETWEEN_CHUNKS:
            continue
        if is_behind():
            waiting = [frame] if number == total else []
        yield RowChunk(
            first=number - len(waiting),
            total=total,
            steps=total - 1,
            width=frame.pictures.shape[3],
            height=frame.pictures.shape[2],
            captions=captions,
            t=[frame.t for frame in waiting],
            data=sheet([frame.pictures for frame in waiting]) if waiting else "",
            about=about,
        )
        waiting, sent = [], time.monotonic()
