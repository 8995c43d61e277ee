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

from ddpm_hf.demo.texts import spoken
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
RUN_SECONDS = float(os.environ.get("DDPM_RUN_SECONDS", "300"))
"""How long one run may take."""


def refusal(request: gr.Request | None, key: str, **values: object) -> gr.Error:
    """One sentence in the browser's language, to be raised."""
    # Gradio shows errors as HTML.
    shown = {name: html.escape(str(value)[:80]) for name, value in values.items()}
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


def in_time(run: DenoisingStream) -> DenoisingStream:
    """The run, that raises gr.Error when `RUN_SECONDS` are over."""
    end = time.monotonic() + RUN_SECONDS

    def steps() -> Generator[DenoisingStep, None, None]:
        for step in run:
            if time.monotonic() > end:
                raise refusal(None, "limits_deadline", seconds=f"{RUN_SECONDS:g}")
            yield step

    return DenoisingStream(steps(), len(run))


def busy(request: Request, error: HTTPException) -> JSONResponse:
    """The answer to those whom the full queue turns away.

    Gradio's page has an English sentence of its own for the status 503, and shows what is said
    with any other. Clients that are no browser name no language; they know what 503 means.
    """
    if "accept-language" not in request.headers:
        return JSONResponse({"detail": error.detail}, 503)
    return JSONResponse({"detail": spoken(request, "limits_busy")}, 429)
