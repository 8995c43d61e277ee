"""The notes' equations N1–N14: pure torch, in the paper's symbols.

Indices are the paper's: t runs 1..T and ᾱ_0 = 1 sits at index 0, so t = 1 needs no special case.
(diffusers' `timestep` is t − 1; no equation sees it.)

Every reverse equation is written for any pair s < t, with α_{t|s} = ᾱ_t/ᾱ_s and
β_{t|s} = 1 − α_{t|s}. With s = t − 1 these are the notes' α_t and β_t; a larger stride is the same
formula. All weights are float64; they meet the picture's own dtype once, in `combine`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Index = int | Tensor
"""A step t in 0..T: an int, or a long tensor of shape (batch,)."""


def linear_betas(T: int, beta_1: float = 1e-4, beta_T: float = 2e-2) -> Tensor:
    """β_1..β_T rising in a straight line; float64, shape (T,)."""
    return torch.linspace(beta_1, beta_T, T, dtype=torch.float64)  # (N1)


def scaled_linear_betas(T: int, beta_1: float, beta_T: float) -> Tensor:
    """√β in a straight line (latent diffusion); float64, shape (T,)."""
    return torch.linspace(beta_1**0.5, beta_T**0.5, T, dtype=torch.float64) ** 2


def sigmoid_betas(T: int, beta_1: float, beta_T: float) -> Tensor:
    """β along a sigmoid from −6 to 6 (GeoDiff); float64, shape (T,)."""
    return torch.linspace(-6, 6, T, dtype=torch.float64).sigmoid() * (beta_T - beta_1) + beta_1


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
        return torch.tensor([min(1 - b / a, 0.999) for a, b in pairs], dtype=torch.float64)

    return betas


SCHEDULES: dict[str, Callable[[int, float, float], Tensor]] = {
    "linear": linear_betas,
    "scaled_linear": scaled_linear_betas,
    "squaredcos_cap_v2": _betas_for(_cosine_alpha_bar),
    "sigmoid": sigmoid_betas,
    "laplace": _betas_for(_laplace_alpha_bar),
}
BY_BETAS = ("linear", "scaled_linear", "sigmoid")
"""Those that β_1 and β_T decide; the others are the same whatever these are."""


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
    """

    log_alpha_bar: Tensor

    @classmethod
    def from_betas(cls, betas: Tensor) -> "NoiseSchedule":
        """From β_1..β_T: float64, shape (T,)."""
        log_alpha = torch.log1p(-betas)  # α_t = 1 − β_t (N1)
        # ᾱ_t = ∏ α_i, a product: the mean of a misreading would leave the picture in x_T (N4).
        return cls(torch.cat([betas.new_zeros(1), log_alpha.cumsum(0)]))

    @property
    def T(self) -> int:
        """The number of diffusion steps."""
        return len(self.log_alpha_bar) - 1

    def alpha_bar(self, t: Index) -> Tensor:
        """ᾱ_t, what is left of the picture's power; 0-d, or (batch,) for a tensor of steps."""
        return self.log_alpha_bar[t].exp()

    def noise_var(self, t: Index) -> Tensor:
        """1 − ᾱ_t, the variance of the noise in x_t."""
        return -self.log_alpha_bar[t].expm1()

    def alpha(self, s: Index, t: Index) -> Tensor:
        """α_{t|s} = ᾱ_t/ᾱ_s; α_t when s = t − 1."""
        return (self.log_alpha_bar[t] - self.log_alpha_bar[s]).exp()

    def beta(self, s: Index, t: Index) -> Tensor:
        """β_{t|s} = 1 − α_{t|s}; β_t when s = t − 1. N12's upper bound of the variance."""
        return -(self.log_alpha_bar[t] - self.log_alpha_bar[s]).expm1()

    def snr(self, t: Index) -> Tensor:
        """ᾱ_t/(1−ᾱ_t), the signal-to-noise ratio of x_t, t in 1..T."""
        return self.alpha_bar(t) / self.noise_var(t)


def combine(a: Tensor, x: Tensor, b: Tensor, y: Tensor) -> Tensor:
    """a·x + b·y like x, for float64 weights, 0-d or (batch,).

    Half precision is for the pictures: the weights and the sum are float32 at least.
    """
    shape = (-1,) + (1,) * (x.ndim - 1) if a.ndim else ()
    dtype = torch.promote_types(x.dtype, torch.float32)
    a, b = (w.to(x.device, dtype).reshape(shape) for w in (a, b))
    return (a * x.to(dtype) + b * y.to(dtype)).to(x.dtype)


# Forward: diffusion (扩散)


def q_step(schedule: NoiseSchedule, x_prev: Tensor, z: Tensor, t: Index) -> Tensor:
    """One step x_{t−1} → x_t, t in 1..T: "weighted adding of noise"."""
    alpha, beta = schedule.alpha(t - 1, t), schedule.beta(t - 1, t)
    return combine(alpha.sqrt(), x_prev, beta.sqrt(), z)  # (N2), DDPM eq. 2


def q_merge(schedule: NoiseSchedule, x_s: Tensor, z: Tensor, s: Index, t: Index) -> Tensor:
    """Steps s+1..t merged into one, 0 ≤ s < t ≤ T: the variances of their noises add."""
    alpha, beta = schedule.alpha(s, t), schedule.beta(s, t)
    return combine(alpha.sqrt(), x_s, beta.sqrt(), z)  # (N3)


def q_sample(schedule: NoiseSchedule, x_0: Tensor, z: Tensor, t: Index) -> Tensor:
    """One jump x_0 → x_t, t in 0..T. At t = T what is left of x_0 should be nothing (N5)."""
    alpha_bar, noise_var = schedule.alpha_bar(t), schedule.noise_var(t)
    return combine(alpha_bar.sqrt(), x_0, noise_var.sqrt(), z)  # (N4), DDPM eq. 4


def velocity(schedule: NoiseSchedule, x_0: Tensor, z: Tensor, t: Index) -> Tensor:
    """v = √ᾱ_t·z − √(1−ᾱ_t)·x_0 (Salimans & Ho 2022, section 4)."""
    return combine(schedule.alpha_bar(t).sqrt(), z, -schedule.noise_var(t).sqrt(), x_0)


# Reverse: reconstruction (重建)


def predict_x0(schedule: NoiseSchedule, x_t: Tensor, z_hat: Tensor, t: Index) -> Tensor:
    """x̂_0, one jump back from x_t with the predicted noise ẑ, t in 1..T: blurry for large t.

    Infinite where ᾱ_t = 0 (zero terminal SNR): the noise alone says nothing about x_0 there.
    """
    alpha_bar, noise_var = schedule.alpha_bar(t), schedule.noise_var(t)
    return combine(alpha_bar.rsqrt(), x_t, -(noise_var / alpha_bar).sqrt(), z_hat)  # (N6), eq. 15


def predict_x0_from_velocity(schedule: NoiseSchedule, x_t: Tensor, v: Tensor, t: Index) -> Tensor:
    """x̂_0 from the predicted v; finite at every t."""
    return combine(schedule.alpha_bar(t).sqrt(), x_t, -schedule.noise_var(t).sqrt(), v)


def predict_noise(schedule: NoiseSchedule, x_t: Tensor, x_0: Tensor, t: Index) -> Tensor:
    """ẑ, what is noise in x_t if x̂_0 is the picture in it. Like x_t."""
    alpha_bar, noise_var = schedule.alpha_bar(t), schedule.noise_var(t)
    return combine(noise_var.rsqrt(), x_t, -(alpha_bar / noise_var).sqrt(), x_0)  # (N4) for z


def bayes_quadratic(
    schedule: NoiseSchedule, x_t: Tensor, x_0: Tensor, s: Index, t: Index
) -> tuple[Tensor, Tensor]:
    """A (float64) and B (like x_t) of q(x_s|x_t,x_0) ∝ exp(−½(A·x_s² + B·x_s + C)), 1 ≤ s < t.

    Completing the square gives the mean −B/2A and the variance 1/A.
    """
    alpha, beta = schedule.alpha(s, t), schedule.beta(s, t)
    alpha_bar, noise_var = schedule.alpha_bar(s), schedule.noise_var(s)
    A = alpha / beta + 1 / noise_var  # (N7)
    B = combine(-2 * alpha.sqrt() / beta, x_t, -2 * alpha_bar.sqrt() / noise_var, x_0)  # (N7)
    return A, B


def posterior_var(schedule: NoiseSchedule, s: Index, t: Index) -> Tensor:
    """β̃_{t|s}, the variance of q(x_s|x_t,x_0), 0 ≤ s < t: N12's lower bound; 0 at s = 0."""
    return schedule.noise_var(s) / schedule.noise_var(t) * schedule.beta(s, t)  # (N8), DDPM eq. 7


def posterior_weights(schedule: NoiseSchedule, s: Index, t: Index) -> tuple[Tensor, Tensor]:
    """The weights of x_t and of x_0 in the posterior mean, 0 ≤ s < t.

    Sampling runs t = T..1: the weight of x_0 climbs to 1 and that of x_t falls to 0 (N14).
    """
    noise_t = schedule.noise_var(t)
    weight_xt = schedule.alpha(s, t).sqrt() * schedule.noise_var(s) / noise_t  # (N9), DDPM eq. 7
    weight_x0 = schedule.alpha_bar(s).sqrt() * schedule.beta(s, t) / noise_t  # (N9), DDPM eq. 7
    return weight_xt, weight_x0


def posterior_mean(schedule: NoiseSchedule, x_t: Tensor, x_0: Tensor, s: Index, t: Index) -> Tensor:
    """μ, the mean of q(x_s|x_t,x_0), 0 ≤ s < t ≤ T."""
    weight_xt, weight_x0 = posterior_weights(schedule, s, t)
    return combine(weight_xt, x_t, weight_x0, x_0)  # (N9), DDPM eq. 7


def posterior_mean_from_noise(
    schedule: NoiseSchedule, x_t: Tensor, z_hat: Tensor, s: Index, t: Index
) -> Tensor:
    """μ from the predicted noise: N9 with N6 put in. Equal to it only while x̂_0 is not clipped."""
    root_alpha = schedule.alpha(s, t).sqrt()
    weight = schedule.beta(s, t) / schedule.noise_var(t).sqrt() / root_alpha
    return combine(1 / root_alpha, x_t, -weight, z_hat)  # (N10), DDPM eq. 11


def posterior(
    schedule: NoiseSchedule, x_t: Tensor, x_0: Tensor, s: Index, t: Index
) -> tuple[Tensor, Tensor]:
    """Mean (like x_t) and variance β̃ (float64) of q(x_s|x_t,x_0), 0 ≤ s < t ≤ T."""
    return posterior_mean(schedule, x_t, x_0, s, t), posterior_var(schedule, s, t)


def reverse_step(mean: Tensor, std: Tensor, z: Tensor) -> Tensor:
    """x_s = μ + σ·z for s ≥ 1; z = 0 at s = 0: the last step, to the clean x_0, is μ itself."""
    return mean + std * z  # (N11), DDPM algorithm 2


# The variational bound


def interpolate_log_variance(
    log_small: Tensor | float, log_large: Tensor | float, v: Tensor
) -> Tensor:
    """log σ² of a learned variance: log β̃ at v = −1, log β at v = 1. Given both log σ, log σ.

    Nichol & Dhariwal 2021, eq. 15.
    """
    fraction = (v + 1) / 2
    return fraction * log_large + (1 - fraction) * log_small


def gaussian_kl(mean_1: Tensor, log_var_1: Tensor, mean_2: Tensor, log_var_2: Tensor) -> Tensor:
    """KL(N(mean_1, var_1) ‖ N(mean_2, var_2)) in nats, pixel by pixel: L_{t−1} of DDPM eq. 5."""
    spread = log_var_2 - log_var_1 + (log_var_1 - log_var_2).exp()
    return 0.5 * (spread - 1 + (mean_1 - mean_2) ** 2 * (-log_var_2).exp())


def decoder_nll(x_0: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """−log p(x_0|x_1) in nats, pixel by pixel: a Gaussian's mass in each of the 256 bins, eq. 13.

    x_0 is in [−1, 1]; the outermost bins reach to infinity.
    """
    scale = (-0.5 * log_var).exp()
    centred = x_0 - mean
    upper = torch.special.log_ndtr(scale * (centred + 1 / 255))
    lower = torch.special.log_ndtr(scale * (centred - 1 / 255))
    # By symmetry the mass between two points is the same on the other side of the mean, where
    # the difference keeps its digits.
    flipped_upper = torch.special.log_ndtr(-scale * (centred - 1 / 255))
    flipped_lower = torch.special.log_ndtr(-scale * (centred + 1 / 255))
    left = centred < 0
    high, low = torch.where(left, upper, flipped_upper), torch.where(left, lower, flipped_lower)
    middle = high + torch.log1p(-(low - high).clamp(max=-1e-7).exp())
    log_mass = torch.where(x_0 < -0.999, upper, torch.where(x_0 > 0.999, flipped_upper, middle))
    return -log_mass
