"""A run that shows its frames as they come: a button that starts it, and one that stops it."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from ddpm_hf.demo.limits import SHARED_MODEL
from ddpm_hf.demo.page import Words
from ddpm_hf.demo.run.words import PAGE

_HERE = Path(__file__).parent
STATUS = _HERE / "status.js"
"""The page script of a screen's `status`, seen, and `spoken`, heard; before the screen's own."""


def with_status(words: Words) -> Words:
    """A screen's words, and those of its status; `idle`, before the first run, is its own."""
    return {language: {**PAGE[language], **words[language]} for language in PAGE}


def _script(name: str, *elements: Component) -> str:
    """The page script, which is given the ids of these elements."""
    ids = ", ".join(json.dumps(element.elem_id) for element in elements)
    return f"(...values) => ({(_HERE / name).read_text().strip()})({ids}, ...values)"


def connect(
    start: gr.Button,
    stop: gr.Button,
    handler: Callable[..., Any],
    inputs: Sequence[Component],
    screen: Component,
    link: Component | None = None,
    **kwargs: Any,
) -> None:
    """Make the buttons start and stop the handler, a generator of the screen's values.

    A start during a run stops that one and begins anew with the controls as they are then. A stop
    is kept for as long as Gradio does not know the run yet. The screen's script hears of
    `run-wait`, when a start was made, and `run-end`, whatever the end; their `detail.screen` is its
    id.
    link: its address becomes the page's when the first frames are there.
    All three need an `elem_id`.
    """
    # First: Gradio would wait for the run to end.
    start.click(
        None,
        [link] if link else None,
        None,
        js=_script("start.js", start, stop, screen),
        api_visibility="private",
    )
    # preprocess: Gradio's own refusals do not say which number is out of range.
    running = start.click(
        handler, inputs, screen, preprocess=False, show_progress="hidden", **kwargs, **SHARED_MODEL
    )
    stop.click(None, cancels=[running], api_visibility="private")
    page = gr.context.Context.root_block
    page.load(None, js=_script("stop.js", start, stop), api_visibility="private")
    # Not at Stop: until the run is cancelled, Gradio passes over a new start.
    # Not `then`: it hears of no error, and of a cancelled run twice.
    for over in (running.success, running.failure):
        over(None, js=_script("end.js", start, screen), api_visibility="private")
