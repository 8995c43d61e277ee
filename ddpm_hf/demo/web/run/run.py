"""A run that shows its frames as they come: one button starts it, another one stops it.

It runs in the browser where that can be, else here. The page gives each run an id, which comes with
the request, goes back with each chunk of frames, and is named at Stop. So the end of one run is
never taken for another's.
"""

import contextlib
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from ddpm_hf.demo.service.limits import SHARED_MODEL
from ddpm_hf.demo.service.zero_gpu import on_gpu
from ddpm_hf.demo.web.modules import call
from ddpm_hf.demo.web.page import Strings
from ddpm_hf.demo.web.run.strings import PAGE

SCREENS = "web/run/screens.js"
_LONGEST_ID = 64
_REMEMBERED = 1000
"""The number of stopped runs to remember; older ones have ended long ago."""
_stopped: dict[str, None] = {}


def with_status(strings: Strings) -> Strings:
    """A screen's strings, and those of its status; `idle`, before the first run, is its own."""
    return {language: {**PAGE[language], **strings[language]} for language in PAGE}


def _sent(event: gr.EventData, name: str) -> Any:
    """What the page says of its run; other callers send whatever they like."""
    return event._data.get(name) if isinstance(event._data, dict) else None


def _run_id(event: gr.EventData) -> str | None:
    """The id that the page gave its run; None for other callers."""
    run = _sent(event, "run")
    return run if isinstance(run, str) and len(run) <= _LONGEST_ID else None


def _stop(event: gr.EventData) -> None:
    """End a run at its next chunk, also one that has not begun yet."""
    if run := _run_id(event):
        _stopped[run] = None
        if len(_stopped) > _REMEMBERED:
            del _stopped[next(iter(_stopped))]


def _stoppable(
    handler: Callable[..., Generator[Any, None, None]], steps: Callable[..., Any]
) -> Callable[..., Iterator[Any]]:
    """The handler, with the run's id in each chunk, as `run`; it ends when that run is stopped."""
    lent = on_gpu(handler, steps)  # perhaps in another process, which does not see `_stopped`

    def run(request: gr.Request, event: gr.EventData, *controls: Any) -> Iterator[dict[str, Any]]:
        name = _run_id(event) or uuid.uuid4().hex
        if name in _stopped:
            return
        # As they were when the run was started; it may have begun in the browser.
        started_with = _sent(event, "controls")
        if isinstance(started_with, list) and len(started_with) == len(controls):
            controls = tuple(started_with)
        with contextlib.closing(lent(request, *controls)) as chunks:
            for chunk in chunks:
                if name in _stopped:
                    return
                yield {"run": name, **chunk}

    run.__name__, run.__doc__ = handler.__name__, handler.__doc__
    return run


def connect(
    start: gr.Button,
    stop: gr.Button,
    handler: Callable[..., Generator[Any, None, None]],
    inputs: Sequence[Component],
    screen: Component,
    steps: Callable[..., Any],
    link: Component | None = None,
    **kwargs: Any,
) -> None:
    """Make the buttons start and stop a run: the handler, if the page does not run it itself.

    A start during a run stops that one and begins anew with the controls as they are then.
    handler: takes the request and the inputs, and yields the screen's chunks; it can be stopped
    where it yields.
    steps: takes the handler's arguments; how many steps of the network they ask for.
    link: its address becomes the page's when the first frames are there.
    All of them need an `elem_id`; the screen's script registers its `Run` under it.
    """
    private: dict[str, Any] = {"fn": None, "api_visibility": "private"}
    ids = screen.elem_id, start.elem_id
    given = [*inputs, *([link] if link else [])]
    start.click(inputs=given, js=call(SCREENS, "start", *ids, len(inputs)), **private)
    stop.click(js=call(SCREENS, "stop", screen.elem_id), **private)
    # preprocess: Gradio's own refusals do not say which number is out of range.
    running = screen.submit(
        _stoppable(handler, steps),
        inputs,
        screen,
        preprocess=False,
        show_progress="hidden",
        trigger_mode="multiple",
        **kwargs,
        **SHARED_MODEL,
    )
    running.failure(js=call(SCREENS, "fail", screen.elem_id), **private)
    screen.stop(_stop, queue=False, api_visibility="private")
