"""The controls of a noise schedule, and the table that they describe."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ddpm_hf import equations
from ddpm_hf.demo.limits import as_number, refusal, whole
from ddpm_hf.demo.texts import i18n
from ddpm_hf.equations import NoiseSchedule

FEWEST_STEPS, MOST_STEPS = 10, 4000
NOTES = ("linear", 2000, 1e-4, 2e-2, False)
"""The notes' schedule (N1), as the values of the controls."""


def schedule_inputs(elem_id: str, values: tuple[Any, ...] = NOTES) -> list[gr.components.Component]:
    """Kind, T, β_1, β_T and zero terminal SNR: what `noise_schedule` takes, in its order."""
    kind, T, beta_1, beta_T, zero_snr = values
    return [
        gr.Dropdown(
            list(equations.SCHEDULES),
            value=kind,
            label=i18n("schedule_kind"),
            elem_id=f"{elem_id}-kind",
        ),
        gr.Slider(FEWEST_STEPS, MOST_STEPS, T, step=1, label="T", elem_id=f"{elem_id}-T"),
        gr.Slider(1e-5, 0.02, beta_1, step=1e-5, label="β₁", elem_id=f"{elem_id}-beta-1"),
        gr.Slider(1e-4, 0.2, beta_T, step=1e-4, label="β_T", elem_id=f"{elem_id}-beta-T"),
        gr.Checkbox(zero_snr, label=i18n("schedule_zero_snr"), elem_id=f"{elem_id}-zero-snr"),
    ]


def noise_schedule(values: Sequence[Any], request: gr.Request | None = None) -> NoiseSchedule:
    """The table for the controls' five values, whatever an API caller has put in their place.

    Raises gr.Error, one sentence in the browser's language, for what is out of range.
    """
    kind, T, beta_1, beta_T, zero_snr = values
    if not isinstance(kind, str) or kind not in equations.SCHEDULES:
        raise refusal(request, "schedule_unknown_kind", known=", ".join(equations.SCHEDULES))
    steps = whole("T", T, FEWEST_STEPS, MOST_STEPS, request)
    for name, value in (("β₁", beta_1), ("β_T", beta_T)):
        if not 0 < as_number(value) < 1:
            raise refusal(request, "schedule_bad_beta", name=name, value=value)
    betas = equations.SCHEDULES[kind](steps, float(beta_1), float(beta_T))
    if zero_snr:
        betas = equations.rescale_zero_terminal_snr(betas)
        if betas.isnan().any():  # ᾱ is 0 already before T, and 0/0 is no α
            raise refusal(request, "schedule_nothing_left")
    return NoiseSchedule.from_betas(betas)
