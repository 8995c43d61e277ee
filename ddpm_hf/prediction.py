"""What the network predicts, ε, x_0 or v, and everything that follows from that choice.

x_t = √ᾱ_t·x_0 + √(1−ᾱ_t)·ε, so x_t and any one of the three give the other two. Each formula takes
the rates √ᾱ_t and √(1−ᾱ_t) first (`equations.rates`).
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ddpm_hf.equations import Formula, Weights, noise_from_x0, x0_from_noise


class Prediction(NamedTuple):
    """One choice of what the network predicts.

    target: (rates, x_0, ε) → what the network should output for x_t.
    x0, noise: (rates, x_t, output) → x̂_0, and ẑ.
    error_scale: SNR → the squared error of this prediction as a multiple of that of x̂_0.
    least_signal: what stands in for √ᾱ_t = 0 in `x0`, where it divides.
    """

    target: Formula
    x0: Formula
    noise: Formula
    error_scale: Callable[[Tensor], Tensor]
    least_signal: float = 0.0


def velocity(rates: Weights, x_0: Tensor, epsilon: Tensor) -> Tensor:
    """v (Salimans & Ho 2022, section 4): like x_0 for much noise, like ε for little."""
    signal, noise = rates
    return signal * epsilon - noise * x_0


def x0_from_velocity(rates: Weights, x_t: Tensor, v: Tensor) -> Tensor:
    """x̂_0 from the predicted v; finite at every t."""
    signal, noise = rates
    return signal * x_t - noise * v


def noise_from_velocity(rates: Weights, x_t: Tensor, v: Tensor) -> Tensor:
    """ẑ from the predicted v; finite at every t."""
    signal, noise = rates
    return noise * x_t + signal * v


def _first(_rates: Weights, first: Tensor, _second: Tensor) -> Tensor:
    return first


def _second(_rates: Weights, _first: Tensor, second: Tensor) -> Tensor:
    return second


PREDICTIONS: dict[str, Prediction] = {
    # 2⁻²⁴ is what diffusers' schedulers take for ᾱ_t = 0.
    "epsilon": Prediction(_second, x0_from_noise, _second, lambda snr: snr, least_signal=2.0**-12),
    "sample": Prediction(_first, _second, noise_from_x0, torch.ones_like),
    "v_prediction": Prediction(
        velocity, x0_from_velocity, noise_from_velocity, lambda snr: snr + 1
    ),
}
"""By diffusers' `prediction_type`."""


def prediction_of(kind: str) -> Prediction:
    """The prediction of this `prediction_type`. Raises ValueError for an unknown one."""
    if kind not in PREDICTIONS:
        raise ValueError(f"prediction_type must be one of {', '.join(PREDICTIONS)}; got {kind!r}.")
    return PREDICTIONS[kind]


def min_snr_weight(kind: str, snr: Tensor, gamma: float) -> Tensor:
    """min(SNR, γ) as a weight of the x_0 loss, and its equivalent for ε and v: float32, like snr.

    Hang et al. 2023, section 3.4.
    """
    scale = prediction_of(kind).error_scale(snr)
    # With zero terminal SNR, min(SNR, γ)/SNR is 1 in the limit.
    weight = torch.where(scale > 0, snr.clamp(max=gamma) / scale, torch.ones_like(snr))
    return weight.float()
