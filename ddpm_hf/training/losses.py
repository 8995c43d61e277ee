"""The losses: the notes' simple loss (N15), and the term of the bound that trains a variance."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from ddpm_hf import equations
from ddpm_hf.schedules import NoiseSchedule

Distance = Callable[..., Tensor]
DISTANCES: dict[str, Distance] = {"l2": functional.mse_loss, "l1": functional.l1_loss}


def simple_loss(distance: str, prediction: Tensor, truth: Tensor) -> Tensor:
    """The mean square, or `distance`, of each image's error, (batch,) (N15), DDPM eq. 14."""
    return DISTANCES[distance](prediction.float(), truth, reduction="none").flatten(1).mean(1)


def variance_loss(
    schedule: NoiseSchedule, x_0: Tensor, x_t: Tensor, x_0_hat: Tensor, v: Tensor, t: Tensor
) -> Tensor:
    """The bound's term L_{t−1} in bits per dimension, one number for each image.

    It trains only the variance: pass x̂_0 detached. `v` is the network's second half, which
    lies between log β̃ at −1 and log β at 1 (Nichol & Dhariwal 2021, eq. 15); at t = 1, where
    β̃ = 0, the next one stands in. Multiplied by T/1000, this is their L_hybrid's second term.
    """
    s = t - 1
    mean = equations.posterior_mean(schedule, x_t, x_0, s, t)
    guess = equations.posterior_mean(schedule, x_t, x_0_hat, s, t)
    small = equations.posterior_var(schedule, t.clamp(min=2) - 1, t.clamp(min=2))
    log_small, log_large = (
        w.log().float().reshape(-1, 1, 1, 1) for w in (small, schedule.beta(s, t))
    )
    log_var = equations.interpolate_log_variance(log_small, log_large, v.float())
    kl = equations.gaussian_kl(mean, log_small, guess, log_var)
    decoder = equations.decoder_nll(x_0, guess, log_var)
    nats = torch.where(t.reshape(-1, 1, 1, 1) == 1, decoder, kl)
    return nats.flatten(1).mean(1) / math.log(2)
