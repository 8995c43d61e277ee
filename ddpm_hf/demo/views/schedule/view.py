"""The Schedule view: the numbers behind the noise, side by side (N1, N5, N8, N14)."""

from pathlib import Path

import gradio as gr

from ddpm_hf.demo.texts import LATEX, i18n
from ddpm_hf.demo.views.schedule.inputs import LIMITS, NOTES, name_of, schedule_inputs
from ddpm_hf.demo.views.schedule.numbers import numbers
from ddpm_hf.demo.views.schedule.strings import PAGE
from ddpm_hf.demo.web.modules import call
from ddpm_hf.demo.web.page import Page
from ddpm_hf.scheduler import MOST_SIGNAL_LEFT

COMPARED = (
    ("A", True, NOTES),
    ("B", True, ("squaredcos_cap_v2", 1000, 1e-4, 2e-2, False)),
    ("C", False, ("linear", 100, 1e-4, 2e-2, False)),
)
"""Name, whether it is shown at first, and the controls' values."""


def view() -> None:
    """Build the view inside the current Blocks."""
    gr.Markdown(i18n("schedule_intro"), latex_delimiters=LATEX)
    controls: list[gr.components.Component] = []
    with gr.Row(equal_height=False):
        for name, is_shown, values in COMPARED:
            with gr.Column(min_width=260), gr.Accordion(i18n(f"schedule_{name}"), open=False):
                controls.append(
                    gr.Checkbox(is_shown, label=i18n("schedule_show"), elem_id=f"schedule-{name}")
                )
                controls += schedule_inputs(f"schedule-{name}", values)
    at_first = [
        {"name": name, **numbers(None, name_of(values), "curves")}
        for name, is_shown, values in COMPARED
        if is_shown
    ]
    page = Page(
        Path(__file__).parent,
        PAGE,
        {"schedules": at_first},
        mostSignalLeft=MOST_SIGNAL_LEFT,
        elem_id="schedule-page",
        is_later=True,
    )
    names = [name for name, _, _ in COMPARED]
    gr.on(
        [control.change for control in controls],
        None,
        controls,
        page,
        js=call("views/schedule/events.js", "compared", LIMITS, names),
        api_visibility="private",
    )
