"""The Schedule view: the numbers behind the noise, side by side (N1, N5, N8, N14)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from torch import Tensor

from ddpm_hf.demo.texts import LATEX, i18n
from ddpm_hf.demo.views.schedule.inputs import NOTES, half_typed, noise_schedule, schedule_inputs
from ddpm_hf.demo.views.schedule.strings import PAGE
from ddpm_hf.demo.web.page import Page
from ddpm_hf.equations import posterior_var, posterior_weights
from ddpm_hf.scheduler import MOST_SIGNAL_LEFT
from ddpm_hf.schedules import BY_BETAS, NoiseSchedule

POINTS = 300
COMPARED = (
    ("A", True, NOTES),
    ("B", True, ("squaredcos_cap_v2", 1000, 1e-4, 2e-2, False)),
    ("C", False, ("linear", 100, 1e-4, 2e-2, False)),
)
"""Name, whether it is shown at first, and the controls' values."""
_CONTROLS = len(NOTES)


def shown_steps(T: int) -> Tensor:
    """At most `POINTS` steps of 1..T: half evenly spread, half for a logarithmic axis."""
    even = torch.linspace(0, 1, POINTS // 2, dtype=torch.float64)
    both = torch.cat([1 + even * (T - 1), T**even])
    return torch.tensor(sorted({round(t) for t in both.tolist()}))


def curves(name: str, kind: str, schedule: NoiseSchedule) -> dict[str, Any]:
    """One schedule's curves, float64, at `shown_steps`."""
    t = shown_steps(schedule.T)
    weight_xt, weight_x0 = posterior_weights(schedule, t - 1, t)
    columns = {
        "beta": schedule.beta(t - 1, t),
        "alphaBar": schedule.alpha_bar(t),
        "snr": schedule.snr(t),
        "ratio": posterior_var(schedule, t - 1, t) / schedule.beta(t - 1, t),
        "weightXt": weight_xt,
        "weightX0": weight_x0,
    }
    return {
        "name": name,
        "kind": kind,
        "byBetas": kind in BY_BETAS,
        "T": schedule.T,
        "signalLeft": float(schedule.alpha_bar(schedule.T).sqrt()),
        "t": t.tolist(),
        "curves": {key: column.tolist() for key, column in columns.items()},
    }


def compared(values: Sequence[Any], request: gr.Request | None = None) -> dict[str, Any]:
    """The curves to draw. values: for each of `COMPARED` whether it is shown, then its controls."""
    chosen = []
    for i, (name, _, _) in enumerate(COMPARED):
        is_shown, *controls = values[i * (_CONTROLS + 1) : (i + 1) * (_CONTROLS + 1)]
        if is_shown:
            schedule = noise_schedule(controls, request)
            chosen.append(curves(name, controls[0], schedule))
    return {"schedules": chosen, "mostSignalLeft": MOST_SIGNAL_LEFT}


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
    at_first = [value for _, is_shown, values in COMPARED for value in (is_shown, *values)]
    page = Page(Path(__file__).parent, PAGE, compared(at_first), elem_id="schedule-page")

    def draw(request: gr.Request, *values: Any) -> Any:
        each = [values[i + 1 : i + 1 + _CONTROLS] for i in range(0, len(values), _CONTROLS + 1)]
        return gr.skip() if any(map(half_typed, each)) else compared(values, request)

    gr.on(
        [control.change for control in controls],
        draw,
        controls,
        page,
        preprocess=False,
        show_progress="hidden",
        trigger_mode="always_last",
        api_visibility="private",
    )
