"""Limits on requests: the page's sliders do not bind API callers."""

import html
import math
import os
import time
from collections.abc import Collection, Generator
from typing import Any

import gradio as gr
from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse
from gradio.context import LocalContext
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ddpm_hf.demo.texts import spoken
from ddpm_hf.errors import UserError
from ddpm_hf.stream import DenoisingStep, DenoisingStream

MAX_PICTURES = 16
MIN_STEPS = 10
MAX_SEED = 2**31 - 1
SHARED_MODEL: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 2}
"""For each handler that runs a model: at most two of them run at a time."""
QUEUE = 32
"""The largest number of waiting runs."""
SECONDS_BETWEEN_LOOKS = 0.05
"""How often the queue is looked at."""
SESSIONS = 2 * QUEUE
"""The number of sessions that Gradio keeps, half a megabyte each.

The page holds what it shows, so a session that is dropped goes unnoticed.
"""
KEPT_SECONDS = 3600
"""The lifetime of uploads and results on disk."""
MAX_BODY = 16 * 2**20
"""The largest request body in bytes, uploads aside: a 10 MB picture as a data URL has 14 MB."""
MOST_UNREAD = 2
"""With as many messages unread the caller is behind, and is sent fewer frames."""
UNREAD_SECONDS = 60
"""A caller who has read nothing for so long has stopped listening, and the run ends."""


def _run_seconds(setting: str) -> float:
    if not (seconds := as_number(setting)) > 0:
        raise UserError(f"DDPM_RUN_SECONDS must be a number above 0; got {setting!r}.")
    return seconds


def refusal(request: gr.Request | None, key: str, **values: object) -> gr.Error:
    """A gr.Error to raise: one sentence in the browser's language. A value None reads "nothing"."""
    nothing = spoken(request, "limits_nothing")
    # Gradio shows errors as HTML.
    shown = {
        name: html.escape(
            str(nothing if value is None else value)[:80].encode(errors="replace").decode()
        )
        for name, value in values.items()
    }
    return gr.Error(spoken(request, key, **shown), print_exception=False)


def as_number(value: Any) -> float:
    """The value as a number; NaN for anything else."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def whole(name: str, value: Any, low: int, high: int, request: gr.Request | None = None) -> int:
    """The value as a whole number in low..high. Raises gr.Error with its `name` otherwise."""
    number = as_number(value)
    if low <= number <= high and number == int(number):
        return int(number)
    raise refusal(request, "limits_whole", name=name, low=low, high=high, value=value)


def within(name: str, value: Any, low: float, high: float, request: gr.Request | None) -> float:
    """The value as a number in low..high. Raises gr.Error with its `name` otherwise."""
    number = as_number(value)
    if low <= number <= high:
        return number
    raise refusal(
        request, "limits_number", name=name, low=f"{low:g}", high=f"{high:g}", value=value
    )


def one_of(name: str, value: Any, known: Collection[str], request: gr.Request | None) -> str:
    """The value, if it is among the known ones. Raises gr.Error, which lists them, otherwise."""
    if isinstance(value, str) and value in known:
        return value
    raise refusal(request, "limits_choice", name=name, known=", ".join(known), value=value)


RUN_SECONDS = _run_seconds(os.environ.get("DDPM_RUN_SECONDS", "300"))
"""The time limit of one run."""


def _unread() -> list[Any]:
    """The messages that runs have yielded and the caller has not read; Gradio queues them."""
    blocks, request = LocalContext.blocks.get(None), LocalContext.request.get(None)
    if blocks is None or request is None:  # not a run of the server
        return []
    messages = blocks._queue.pending_messages_per_session.get(request.session_hash)
    waiting = list(messages._queue) if messages else []  # a copy: other threads change it
    return [message for message in waiting if message.msg == "process_generating"]


def is_behind() -> bool:
    """Whether the caller has yet to read what was sent before, over a slow network."""
    return len(_unread()) >= MOST_UNREAD


def in_time(run: DenoisingStream) -> DenoisingStream:
    """The same run; it raises gr.Error after `RUN_SECONDS`, or when nobody listens any more."""
    end = time.monotonic() + RUN_SECONDS

    def steps() -> Generator[DenoisingStep, None, None]:
        oldest, read = None, time.monotonic()
        for step in run:
            now = time.monotonic()
            if now > end:
                raise refusal(None, "limits_deadline", seconds=f"{RUN_SECONDS:g}")
            unread = _unread()
            if not unread or unread[0] is not oldest:
                oldest, read = next(iter(unread), None), now
            if now - read > UNREAD_SECONDS:
                raise refusal(None, "limits_unread", seconds=UNREAD_SECONDS)
            yield step

    return DenoisingStream(steps(), len(run))


class SmallBodies:
    """ASGI middleware: refuses request bodies over `MAX_BODY` bytes, uploads aside."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        left = MAX_BODY

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, f"At most {MAX_BODY} bytes are taken.")
            return message

        is_upload = scope["type"] != "http" or scope["path"].endswith("/upload")
        await self.app(scope, receive if is_upload else counted, send)


def busy(request: Request, error: HTTPException) -> JSONResponse:
    """The response when the queue is full.

    Gradio's page has an English sentence of its own for the status 503, and shows what is said
    with any other. Clients that are no browser name no language; they know what 503 means.
    """
    if "accept-language" not in request.headers:
        return JSONResponse({"detail": error.detail}, 503)
    return JSONResponse({"detail": spoken(request, "limits_busy")}, 429)
