"""The player: a canvas in the page that shows the way from noise to picture.

The server sends each frame once, in chunks, while it samples; the page keeps them. So playing and
scrubbing ask nothing of the server, and a run of any length stays within `KEY_FRAMES`.
"""

import base64
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypedDict

import gradio as gr
from torch import Tensor

from ddpm_hf.demo.player.words import PAGE
from ddpm_hf.pipeline import DenoisingStep
from ddpm_hf.pixels import to_uint8

KEY_FRAMES = 120
"""At most so many frames a run: a slow line keeps up whatever the number of steps."""
SECONDS_BETWEEN_CHUNKS = 0.05

_HERE = Path(__file__).parent


class Chunk(TypedDict):
    """Some frames of a run, in order. `data` is base64 of RGB bytes: for each frame its `count`
    pictures of x_t, then those of x̂_0, each `height` × `width`. `t` are the paper's, T..0.
    """

    run: str
    total: int
    count: int
    width: int
    height: int
    t: list[int]
    data: str


class Player(gr.HTML):
    """The canvas player. Its value is the latest `Chunk`; use it as an output only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            html_template=(_HERE / "player.html").read_text(),
            css_template=(_HERE / "player.css").read_text(),
            js_on_load=(_HERE / "player.js").read_text(),
            texts=PAGE,
            **kwargs,
        )

    def postprocess(self, value: Chunk | None) -> Chunk | None:
        """A chunk goes to the page as it is."""
        return value

    def api_info(self) -> dict[str, Any]:
        """A chunk is an object."""
        return {"type": "object"}


def key_steps(K: int) -> set[int]:
    """Which of the steps 0..K−1 become frames: the first, the last, and evenly between."""
    shown = min(K, KEY_FRAMES - 1)
    return {round(i * (K - 1) / max(1, shown - 1)) for i in range(shown)}


def _rgb(batch: Tensor) -> bytes:
    """Pictures as RGB bytes, row by row; grey ones are repeated, transparency is left out."""
    pixels = to_uint8(batch[:, :3]).permute(0, 2, 3, 1)
    return pixels.expand(*pixels.shape[:3], 3).contiguous().numpy().tobytes()


def chunks(steps: Iterable[DenoisingStep], K: int) -> Iterator[Chunk]:
    """The frames of a run of K steps, sent as they come: the key steps, then the picture."""
    run, keys = uuid.uuid4().hex, key_steps(K)
    times: list[int] = []
    frames: list[bytes] = []
    sent = time.monotonic()
    for step in steps:
        if step.index in keys:
            times.append(step.timestep + 1)
            frames += [_rgb(step.noisy_sample), _rgb(step.pred_original_sample)]
        is_last = step.index == K - 1
        if is_last:
            times.append(0)
            frames += [_rgb(step.sample)] * 2
        if frames and (is_last or time.monotonic() - sent >= SECONDS_BETWEEN_CHUNKS):
            count, _, height, width = step.sample.shape
            data = base64.b64encode(b"".join(frames)).decode()
            yield Chunk(
                run=run,
                total=len(keys) + 1,
                count=count,
                width=width,
                height=height,
                t=times,
                data=data,
            )
            times, frames, sent = [], [], time.monotonic()
