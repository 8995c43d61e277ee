"""The controls of a noise schedule, and the schedule that they describe."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ddpm_hf import schedules
from ddpm_hf.demo.service.limits import one_of, refusal, whole, within
from ddpm_hf.demo.texts import i18n, spoken
from ddpm_hf.demo.web.modules import call
from ddpm_hf.schedules import NoiseSchedule

FEWEST_STEPS, MOST_STEPS = 10, 4000
SMALLEST_BETA, LARGEST_BETA = 1e-6, 0.999
NOTES = ("linear", 2000, 1e-4, 2e-2, False)
"""The notes' schedule (N1), as the values of the controls."""
LIMITS = {
    "byBetas": schedules.BY_BETAS,
    "most": [(FEWEST_STEPS, MOST_STEPS), *2 * [(SMALLEST_BETA, LARGEST_BETA)]],
}
"""For the page: the kinds that go by β, and the ranges of T, β_1 and β_T.

What is out of range, as 5 on the way to 500, is passed over in silence while it is being typed.
"""
_ZERO_SNR = "zero"


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
    show_betas = call("views/schedule/events.js", "showBetas", LIMITS)
    chosen.change(None, chosen, betas, js=show_betas, api_visibility="private")
    rescaled = gr.Checkbox(zero_snr, label=i18n("schedule_zero_snr"), elem_id=f"{elem_id}-zero-snr")
    return [chosen, steps, *betas, rescaled]


def name_of(values: Sequence[Any]) -> str:
    """A schedule's name in an address: linear-2000-0.0001-0.02, or laplace-100-zero."""
    kind, T, *betas, zero_snr = values
    plain = [f"{beta:f}".rstrip("0") for beta in betas if kind in schedules.BY_BETAS]
    return "-".join([kind, str(T), *plain, *([_ZERO_SNR] if zero_snr else [])])


def values_in(name: str) -> tuple[Any, ...]:
    """The five values in a name, unchecked; what a kind does not go by is the notes'."""
    kind, *rest = name.split("-")
    zero_snr = rest[-1:] == [_ZERO_SNR]
    numbers = rest[:-1] if zero_snr else rest
    T, beta_1, beta_T = [*numbers, *([None, *NOTES[2:4]][len(numbers) :])][:3]
    return kind, T, beta_1, beta_T, zero_snr


def noise_schedule(
    values: Sequence[Any],
    request: Any = None,
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
