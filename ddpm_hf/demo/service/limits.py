"""Bounds of what the server takes: sliders do not bind those who call the API."""

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
"""All handlers that run the model share the two cores."""
QUEUE = 32
"""How many runs may wait."""
SESSIONS = 2 * QUEUE
"""How many sessions Gradio remembers, half a megabyte each.

The page itself keeps what it shows: who is forgotten notices nothing.
"""
KEPT_SECONDS = 3600
"""How long uploads and moving pictures stay on the disk."""
MAX_BODY = 16 * 2**20
"""Bytes of a request that is no upload: a picture of 10 MB as a data URL has 14."""
MOST_UNREAD = 20
"""With more messages, none of which was fetched, a caller does not listen."""


def _run_seconds(setting: str) -> float:
    if not (seconds := as_number(setting)) > 0:
        raise UserError(f"DDPM_RUN_SECONDS must be a number above 0; got {setting!r}.")
    return seconds


def refusal(request: gr.Request | None, key: str, **values: object) -> gr.Error:
    """One sentence in the browser's language, to be raised; None is called nothing."""
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
    """The value as a number; not-a-number for anything that is none."""
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
    """The value, if it is a known word. Raises gr.Error that lists them otherwise."""
    if isinstance(value, str) and value in known:
        return value
    raise refusal(request, "limits_choice", name=name, known=", ".join(known), value=value)


RUN_SECONDS = _run_seconds(os.environ.get("DDPM_RUN_SECONDS", "300"))
"""How long one run may take."""


def _unread() -> list[Any]:
    """What runs have yielded, and the caller has not fetched: Gradio keeps it for her."""
    blocks, request = LocalContext.blocks.get(None), LocalContext.request.get(None)
    if blocks is None or request is None:  # no server's run
        return []
    messages = blocks._queue.pending_messages_per_session.get(request.session_hash)
    waiting = list(messages._queue) if messages else []  # copied: others go on with it
    return [message for message in waiting if message.msg == "process_generating"]


def in_time(run: DenoisingStream) -> DenoisingStream:
    """The run, that raises gr.Error when `RUN_SECONDS` are over, or nobody listens."""
    end = time.monotonic() + RUN_SECONDS

    def steps() -> Generator[DenoisingStep, None, None]:
        first = None
        for step in run:
            if time.monotonic() > end:
                raise refusal(None, "limits_deadline", seconds=f"{RUN_SECONDS:g}")
            if unread := _unread():
                first = first or unread[0]
                if len(unread) > MOST_UNREAD and unread[0] is first:
                    raise gr.Error("Nobody listens.", print_exception=False)
            yield step

    return DenoisingStream(steps(), len(run))


class SmallBodies:
    """ASGI middleware: refuses the body of a request, uploads aside, at `MAX_BODY` bytes."""

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
    """The answer to those whom the full queue turns away.

    Gradio's page has an English sentence of its own for the status 503, and shows what is said
    with any other. Clients that are no browser name no language; they know what 503 means.
    """
    if "accept-language" not in request.headers:
        return JSONResponse({"detail": error.detail}, 503)
    return JSONResponse({"detail": spoken(request, "limits_busy")}, 429)
