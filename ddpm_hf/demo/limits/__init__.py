"""Bounds of what the server takes: sliders do not bind those who call the API."""

import html
import math
from typing import Any

import gradio as gr

from ddpm_hf.demo.texts import spoken


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


def whole(name: str, value: Any, low: int, high: int, request: gr.Request | None) -> int:
    """The value as a whole number in low..high. Raises gr.Error with its `name` otherwise."""
    number = as_number(value)
    if low <= number <= high and number == int(number):
        return int(number)
    raise refusal(request, "limits_whole", name=name, low=low, high=high, value=value)
