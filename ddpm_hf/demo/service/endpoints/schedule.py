"""The endpoint `/schedule`: the numbers of a noise schedule."""

import gradio as gr
import torch

from ddpm_hf import equations
from ddpm_hf.demo.service.endpoints.endpoint import add_endpoint, choice, integer, number_in
from ddpm_hf.demo.views.schedule.inputs import (
    FEWEST_STEPS,
    LARGEST_BETA,
    MOST_STEPS,
    NOTES,
    SMALLEST_BETA,
    noise_schedule,
)
from ddpm_hf.schedules import SCHEDULES

NAMES = ("kind", "num_train_timesteps", "beta_start", "beta_end")
OF_SCHEDULE = (
    choice(NOTES[0], SCHEDULES),
    integer(NOTES[1], FEWEST_STEPS, MOST_STEPS),
    number_in(NOTES[2], SMALLEST_BETA, LARGEST_BETA),
    number_in(NOTES[3], SMALLEST_BETA, LARGEST_BETA),
)
"""What `NAMES` may be."""
MAX_POINTS = 1000


def schedule(
    kind: str = "linear",
    num_train_timesteps: int = 2000,
    beta_start: float = 1e-4,
    beta_end: float = 2e-2,
    request: gr.Request | None = None,
) -> dict[str, list[float]]:
    """The numbers of a noise schedule at up to 1000 steps t, evenly from 1 to T (N1, N5, N14).

    Args:
        kind: linear, scaled_linear, squaredcos_cap_v2, sigmoid or laplace.
        num_train_timesteps: T, the number of steps, 10 to 4000.
        beta_start: β_1, 0.000001 to 0.999; squaredcos_cap_v2 and laplace go by neither β.
        beta_end: β_T, the last step's, 0.000001 to 0.999.

    Returns:
        lists of one length: t, beta (β_t), alpha_bar (ᾱ_t), snr (ᾱ_t/(1−ᾱ_t))
        the weights of x_t and of x_0 in the mean of x_{t−1}: weight_xt, weight_x0
    """
    table = noise_schedule((kind, num_train_timesteps, beta_start, beta_end, False), request, NAMES)
    t = torch.linspace(1, table.T, min(table.T, MAX_POINTS), dtype=torch.float64).round().long()
    weight_xt, weight_x0 = equations.posterior_weights(table, t - 1, t)
    columns = {
        "t": t,
        "beta": table.beta(t - 1, t),
        "alpha_bar": table.alpha_bar(t),
        "snr": table.snr(t),
        "weight_xt": weight_xt,
        "weight_x0": weight_x0,
    }
    return {name: column.tolist() for name, column in columns.items()}


def add() -> None:
    """Add the endpoint to the current Blocks."""
    add_endpoint("schedule", schedule, OF_SCHEDULE, concurrency_limit=2)
