"""The controls of a noise schedule, and the schedule that they describe."""

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr

from ddpm_hf import schedules
from ddpm_hf.demo.service.limits import one_of, refusal, whole, within
from ddpm_hf.demo.texts import i18n, spoken
from ddpm_hf.schedules import NoiseSchedule

FEWEST_STEPS, MOST_STEPS = 10, 4000
SMALLEST_BETA, LARGEST_BETA = 1e-6, 0.999
NOTES = ("linear", 2000, 1e-4, 2e-2, False)
"""The notes' schedule (N1), as the values of the controls."""
_SHOW_BETAS = f"""(kind) => {{
  const visible = {json.dumps(schedules.BY_BETAS)}.includes(kind);
  return Array(2).fill({{ visible, __type__: "update" }});
}}"""


def schedule_inputs(elem_id: str, values: tuple[Any, ...] = NOTES) -> list[gr.components.Component]:
    """Kind, T, β_1, β_T and zero terminal SNR: what `noise_schedule` takes, in its order.

    β_1 and β_T are hidden where the kind does not go by them.
    """
    kind, T, beta_1, beta_T, zero_snr = values
    chosen = gr.Dropdown(
        list(schedules.SCHEDULES),
        value=kind,
        label=i18n("schedule_kind"),
        elem_id=f"{elem_id}-kind",
    )
    steps = gr.Slider(FEWEST_STEPS, MOST_STEPS, T, step=1, label="T", elem_id=f"{elem_id}-T")
    by_betas = {"visible": kind in schedules.BY_BETAS}
    betas: list[gr.components.Component] = [
        gr.Slider(
            1e-5, 0.02, beta_1, step=1e-5, label="β₁", elem_id=f"{elem_id}-beta-1", **by_betas
        ),
        gr.Slider(
            1e-4, 0.2, beta_T, step=1e-4, label="β_T", elem_id=f"{elem_id}-beta-T", **by_betas
        ),
    ]
    chosen.change(None, chosen, betas, js=_SHOW_BETAS, api_visibility="private")
    rescaled = gr.Checkbox(zero_snr, label=i18n("schedule_zero_snr"), elem_id=f"{elem_id}-zero-snr")
    return [chosen, steps, *betas, rescaled]


def half_typed(values: Sequence[Any]) -> bool:
    """Whether one of the five values is out of range, as 5 is on the way to 500.

    That is to be passed over in silence: after an error Gradio passes over the next value, too.
    """
    most = ((FEWEST_STEPS, MOST_STEPS), *2 * [(SMALLEST_BETA, LARGEST_BETA)])
    numbers = zip(values[1:4], most, strict=True)
    return not all(isinstance(n, int | float) and low <= n <= high for n, (low, high) in numbers)


def noise_schedule(
    values: Sequence[Any],
    request: gr.Request | None = None,
    names: Sequence[str] | None = None,
) -> NoiseSchedule:
    """The noise schedule for the controls' five values, which may be an API caller's.

    names: what the first four are called; the controls' labels unless given. Raises gr.Error, one
    sentence in the browser's language, for what is out of range.
    """
    kind, T, beta_1, beta_T, zero_snr = values
    names = names or (spoken(request, "schedule_kind"), "T", "β₁", "β_T")
    make_betas = schedules.SCHEDULES[one_of(names[0], kind, schedules.SCHEDULES, request)]
    betas = make_betas(
        whole(names[1], T, FEWEST_STEPS, MOST_STEPS, request),
        within(names[2], beta_1, SMALLEST_BETA, LARGEST_BETA, request),
        within(names[3], beta_T, SMALLEST_BETA, LARGEST_BETA, request),
    )
    if zero_snr:
        betas = schedules.rescale_zero_terminal_snr(betas)
        if betas.isnan().any():  # ᾱ is 0 already before T, and 0/0 is no α
            raise refusal(request, "schedule_nothing_left")
    return NoiseSchedule.from_betas(betas)
