"""Noise schedules: β_1..β_T by name, and the float64 table of ᾱ_t that every equation reads.

Indices are the paper's: t runs 1..T and ᾱ_0 = 1 sits at index 0, so t = 1 needs no special case.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

EXACT: dict[str, Any] = {"dtype": torch.float64, "device": "cpu"}
"""Of every table, whatever PyTorch's default device is: some have no float64."""

Index = int | Tensor
"""A step t in 0..T: an int, or a long tensor of shape (batch,)."""


def linear_betas(T: int, beta_1: float = 1e-4, beta_T: float = 2e-2) -> Tensor:
    """β_1..β_T rising in a straight line; float64, shape (T,)."""
    return torch.linspace(beta_1, beta_T, T, **EXACT)  # (N1)


def scaled_linear_betas(T: int, beta_1: float, beta_T: float) -> Tensor:
    """√β in a straight line (latent diffusion); float64, shape (T,)."""
    return torch.linspace(beta_1**0.5, beta_T**0.5, T, **EXACT) ** 2


def sigmoid_betas(T: int, beta_1: float, beta_T: float) -> Tensor:
    """β along a sigmoid from −6 to 6 (GeoDiff); float64, shape (T,)."""
    return torch.linspace(-6, 6, T, **EXACT).sigmoid() * (beta_T - beta_1) + beta_1


def _cosine_alpha_bar(u: float) -> float:
    """f of Nichol & Dhariwal 2021, eq. 17, over u = t/T in [0, 1]; ᾱ_t = f(t)/f(0)."""
    return math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2


def _laplace_alpha_bar(u: float) -> float:
    """diffusers' `laplace` schedule, over u = t/T in [0, 1]: √(SNR/(1+SNR)), the root and all."""
    lmb = -0.5 * math.copysign(1, 0.5 - u) * math.log(1 - 2 * abs(0.5 - u) + 1e-6)
    snr = math.exp(lmb)
    return math.sqrt(snr / (1 + snr))


def _betas_for(alpha_bar: Callable[[float], float]) -> Callable[[int, float, float], Tensor]:
    def betas(T: int, _beta_1: float, _beta_T: float) -> Tensor:
        """β_t = 1 − ᾱ_t/ᾱ_{t−1}, at most 0.999; float64, shape (T,)."""
        pairs = [(alpha_bar(t / T), alpha_bar((t + 1) / T)) for t in range(T)]
        return torch.tensor([min(1 - b / a, 0.999) for a, b in pairs], **EXACT)

    return betas


SCHEDULES: dict[str, Callable[[int, float, float], Tensor]] = {
    "linear": linear_betas,
    "scaled_linear": scaled_linear_betas,
    "squaredcos_cap_v2": _betas_for(_cosine_alpha_bar),
    "sigmoid": sigmoid_betas,
    "laplace": _betas_for(_laplace_alpha_bar),
}
BY_BETAS = ("linear", "scaled_linear", "sigmoid")
"""The schedules that depend on β_1 and β_T; the others ignore them."""


def rescale_zero_terminal_snr(betas: Tensor) -> Tensor:
    """Shift and scale √ᾱ so that ᾱ_T = 0 and ᾱ_1 is kept (Lin et al. 2023, algorithm 1)."""
    root = (1 - betas).cumprod(0).sqrt()
    root = (root - root[-1]) * (root[0] / (root[0] - root[-1]))
    alpha_bar = root**2
    return 1 - torch.cat([alpha_bar[:1], alpha_bar[1:] / alpha_bar[:-1]])


@dataclass(frozen=True, eq=False)
class NoiseSchedule:
    """The float64 table behind all equations: ln ᾱ_t for t = 0..T.

    Kept as a logarithm because 1 − ᾱ_t and 1 − ᾱ_t/ᾱ_s lose digits when computed as written
    (twelve significant digits are left of β_1 = 1e-4); `expm1` keeps them all.

    On another device than the CPU, which may have no float64, it is float32, and `_rest` what that
    rounds off: differences of the two sums keep float32's digits, where those of one would not.
    """

    log_alpha_bar: Tensor
    _rest: Tensor | None = None
    _copies: dict[torch.device, "NoiseSchedule"] = field(default_factory=dict, repr=False)

    @classmethod
    def from_betas(cls, betas: Tensor) -> "NoiseSchedule":
        """From β_1..β_T: float64, shape (T,)."""
        log_alpha = torch.log1p(-betas)  # α_t = 1 − β_t (N1)
        # ᾱ_t = ∏ α_i, a product: with the notes' misreading, a mean, x_T would still be the image.
        return cls(torch.cat([betas.new_zeros(1), log_alpha.cumsum(0)]))

    @property
    def T(self) -> int:
        """The number of diffusion steps."""
        return len(self.log_alpha_bar) - 1

    def on(self, device: torch.device) -> "NoiseSchedule":
        """The same table on a device. Copied there once; this one is never moved."""
        if device == self.log_alpha_bar.device:
            return self
        if device not in self._copies:
            rounded = self.log_alpha_bar.float()
            rest = (self.log_alpha_bar - rounded).nan_to_num(0).float()  # of ln 0, nothing
            self._copies[device] = NoiseSchedule(rounded.to(device), rest.to(device))
        return self._copies[device]

    def _log_alpha(self, s: Index, t: Index) -> Tensor:
        """ln(ᾱ_t/ᾱ_s)."""
        log_alpha = self.log_alpha_bar[t] - self.log_alpha_bar[s]
        return log_alpha if self._rest is None else log_alpha + (self._rest[t] - self._rest[s])

    def alpha_bar(self, t: Index) -> Tensor:
        """ᾱ_t, what is left of the image's power; 0-d, or (batch,) for a tensor of steps."""
        return self.alpha(0, t)

    def noise_var(self, t: Index) -> Tensor:
        """1 − ᾱ_t, the variance of the noise in x_t."""
        return self.beta(0, t)

    def alpha(self, s: Index, t: Index) -> Tensor:
        """α_{t|s} = ᾱ_t/ᾱ_s; α_t when s = t − 1."""
        return self._log_alpha(s, t).exp()

    def beta(self, s: Index, t: Index) -> Tensor:
        """β_{t|s} = 1 − α_{t|s}; β_t when s = t − 1. N12's upper bound of the variance."""
        return -self._log_alpha(s, t).expm1()

    def snr(self, t: Index) -> Tensor:
        """ᾱ_t/(1−ᾱ_t), the signal-to-noise ratio of x_t, t in 1..T."""
        return self.alpha_bar(t) / self.noise_var(t)

    def last_visible(self) -> int:
        """The last t at which at least half a grey level of x_0 is left, of 255 in [−1, 1]."""
        return int((self.log_alpha_bar >= -2 * math.log(256)).sum()) - 1  # √ᾱ_t ≥ 1/256

    def log_snr(self, t: Index) -> Tensor:
        """ln SNR, twice the λ of DPM-Solver; t in 1..T."""
        return self._log_alpha(0, t) - self.noise_var(t).log()
