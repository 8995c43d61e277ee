"""The notes' equations N2–N14: pure torch, in the paper's symbols.

Indices are the paper's: t runs 1..T, and ᾱ_0 = 1. (diffusers' `timestep` is t − 1; no equation sees
it.) Every equation is written for any pair s < t, with α_{t|s} = ᾱ_t/ᾱ_s and β_{t|s} = 1 − α_{t|s}:
with s = t − 1 these are the notes' α_t and β_t, and a larger stride is the same formula.

Each equation is one line. The functions that take a schedule look its weights up in float64 (in
float32 where the schedule is not on the CPU); `DDPMScheduler.step` goes through the same lines,
with weights looked up once for a whole run.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ddpm_hf.schedules import Index, NoiseSchedule

Weights = tuple[Tensor, Tensor]
"""Two weights of an equation: float64 on the CPU, else float32; 0-d or (batch,)."""
Formula = Callable[[Weights, Tensor, Tensor], Tensor]
"""(weights, x, y) → an image like x and y, with which the weights broadcast."""


def evaluate(formula: Formula, weights: Weights, x: Tensor, y: Tensor) -> Tensor:
    """formula(weights, x, y) like x, for weights that are 0-d or (batch,).

    Half precision is for the images: weights and arithmetic are float32 at least.
    """
    dtype = torch.promote_types(x.dtype, torch.float32)
    shape = (-1,) + (1,) * (x.ndim - 1) if weights[0].ndim else ()
    a, b = (w.to(dtype).to(x.device).reshape(shape) for w in weights)  # never float64 there
    return formula((a, b), x.to(dtype), y.to(dtype)).to(x.dtype)


def weighted_sum(weights: Weights, x: Tensor, y: Tensor) -> Tensor:
    """a·x + b·y."""
    a, b = weights
    return a * x + b * y


# Forward: diffusion (扩散)


def q_merge(schedule: NoiseSchedule, x_s: Tensor, z: Tensor, s: Index, t: Index) -> Tensor:
    """Steps s+1..t merged into one, 0 ≤ s < t ≤ T: the variances of their noises add."""
    alpha, beta = schedule.alpha(s, t), schedule.beta(s, t)
    return evaluate(weighted_sum, (alpha.sqrt(), beta.sqrt()), x_s, z)  # (N3)


def q_step(schedule: NoiseSchedule, x_prev: Tensor, z: Tensor, t: Index) -> Tensor:
    """One step x_{t−1} → x_t, t in 1..T: "weighted adding of noise"."""
    return q_merge(schedule, x_prev, z, t - 1, t)  # (N2), DDPM eq. 2


def rates(schedule: NoiseSchedule, t: Index) -> Weights:
    """√ᾱ_t and √(1−ᾱ_t), t in 0..T: how much of x_0 and how much noise is in x_t."""
    return schedule.alpha_bar(t).sqrt(), schedule.noise_var(t).sqrt()


def q_sample(schedule: NoiseSchedule, x_0: Tensor, z: Tensor, t: Index) -> Tensor:
    """One jump x_0 → x_t, t in 0..T. At t = T next to nothing of x_0 should be left (N5)."""
    return evaluate(weighted_sum, rates(schedule, t), x_0, z)  # (N4), DDPM eq. 4


# Reverse: reconstruction (重建)


def x0_from_noise(rates: Weights, x_t: Tensor, z_hat: Tensor) -> Tensor:
    """x̂_0: `q_sample` solved for x_0, with the predicted noise ẑ for z."""
    signal, noise = rates
    return (x_t - noise * z_hat) / signal  # (N6), DDPM eq. 15


def noise_from_x0(rates: Weights, x_t: Tensor, x_0: Tensor) -> Tensor:
    """ẑ: `q_sample` solved for z."""
    signal, noise = rates
    return (x_t - signal * x_0) / noise


def predict_x0(schedule: NoiseSchedule, x_t: Tensor, z_hat: Tensor, t: Index) -> Tensor:
    """x̂_0, one jump back from x_t with the predicted noise ẑ, t in 1..T: blurry for large t.

    Infinite where ᾱ_t = 0 (zero terminal SNR): the noise alone says nothing about x_0 there.
    """
    return evaluate(x0_from_noise, rates(schedule, t), x_t, z_hat)


def predict_noise(schedule: NoiseSchedule, x_t: Tensor, x_0: Tensor, t: Index) -> Tensor:
    """ẑ, the noise in x_t if the image in it is x_0, t in 1..T. Like x_t."""
    return evaluate(noise_from_x0, rates(schedule, t), x_t, x_0)


def bayes_quadratic(
    schedule: NoiseSchedule, x_t: Tensor, x_0: Tensor, s: Index, t: Index
) -> tuple[Tensor, Tensor]:
    """A (float64) and B (like x_t) of q(x_s|x_t,x_0) ∝ exp(−½(A·x_s² + B·x_s + C)), 1 ≤ s < t.

    Completing the square gives the mean −B/2A and the variance 1/A.
    """
    alpha, beta = schedule.alpha(s, t), schedule.beta(s, t)
    alpha_bar, noise_var = schedule.alpha_bar(s), schedule.noise_var(s)
    A = alpha / beta + 1 / noise_var  # (N7)
    B_xt, B_x0 = -2 * alpha.sqrt() / beta, -2 * alpha_bar.sqrt() / noise_var  # (N7)
    return A, evaluate(weighted_sum, (B_xt, B_x0), x_t, x_0)


def posterior_var(schedule: NoiseSchedule, s: Index, t: Index) -> Tensor:
    """β̃_{t|s}, the variance of q(x_s|x_t,x_0), 0 ≤ s < t: N12's lower bound; 0 at s = 0."""
    return schedule.noise_var(s) / schedule.noise_var(t) * schedule.beta(s, t)  # (N8), DDPM eq. 7


def posterior_weights(schedule: NoiseSchedule, s: Index, t: Index) -> Weights:
    """The weights of x_t and of x_0 in the posterior mean, 0 ≤ s < t.

    Sampling runs t = T..1: the weight of x_0 climbs to 1 and that of x_t falls to 0 (N14).
    """
    noise_t = schedule.noise_var(t)
    weight_xt = schedule.alpha(s, t).sqrt() * schedule.noise_var(s) / noise_t  # (N9), DDPM eq. 7
    weight_x0 = schedule.alpha_bar(s).sqrt() * schedule.beta(s, t) / noise_t  # (N9), DDPM eq. 7
    return weight_xt, weight_x0


def posterior_mean(schedule: NoiseSchedule, x_t: Tensor, x_0: Tensor, s: Index, t: Index) -> Tensor:
    """μ, the mean of q(x_s|x_t,x_0), 0 ≤ s < t ≤ T."""
    return evaluate(weighted_sum, posterior_weights(schedule, s, t), x_t, x_0)


def posterior_mean_from_noise(
    schedule: NoiseSchedule, x_t: Tensor, z_hat: Tensor, s: Index, t: Index
) -> Tensor:
    """μ from the predicted noise: N9 with N6 put in. Equal to it only while x̂_0 is not clipped.

    NaN or infinite where ᾱ_t = 0 (zero terminal SNR): as with `predict_x0`, the noise alone says
    nothing about x_0 there; `posterior_mean` is finite.
    """
    alpha, beta, noise_var = schedule.alpha(s, t), schedule.beta(s, t), schedule.noise_var(t)
    weights = alpha.rsqrt(), -beta / (noise_var * alpha).sqrt()  # (N10), DDPM eq. 11
    return evaluate(weighted_sum, weights, x_t, z_hat)


def posterior(
    schedule: NoiseSchedule, x_t: Tensor, x_0: Tensor, s: Index, t: Index
) -> tuple[Tensor, Tensor]:
    """Mean (like x_t) and variance β̃ (float64) of q(x_s|x_t,x_0), 0 ≤ s < t ≤ T."""
    return posterior_mean(schedule, x_t, x_0, s, t), posterior_var(schedule, s, t)


def reverse_step(mean: Tensor, std: Tensor, z: Tensor) -> Tensor:
    """x_s = μ + σ·z for s ≥ 1; z = 0 at s = 0: the last step, to the clean x_0, is μ itself."""
    return mean + std * z  # (N11), DDPM algorithm 2


# Other samplers, from the same x̂_0


def ddim_std(schedule: NoiseSchedule, s: Index, t: Index, eta: float) -> Tensor:
    """σ of DDIM, 0 ≤ s < t: η times √β̃."""
    return eta * posterior_var(schedule, s, t).sqrt()  # DDIM eq. 16


def ddim_weights(schedule: NoiseSchedule, s: Index, t: Index, eta: float) -> Weights:
    """The weights of x_t and of x_0 in DDIM's mean, 0 ≤ s < t, η in [0, 1]; those of N9 at η = 1.

    What σ leaves of x_s's noise is the noise that is in x_t: less new noise, more of the old.
    """
    kept_var = schedule.noise_var(s) * (1 - eta**2 * schedule.beta(s, t) / schedule.noise_var(t))
    weight_xt = (kept_var / schedule.noise_var(t)).sqrt()  # DDIM eq. 12
    weight_x0 = schedule.alpha_bar(s).sqrt() - schedule.alpha_bar(t).sqrt() * weight_xt  # eq. 12
    return weight_xt, weight_x0


def second_order_weights(schedule: NoiseSchedule, s: Index, t: Index, before: Index) -> Weights:
    """The weights of x̂_0 and of the x̂_0 of the step before, which led from `before` > t to t > s.

    x̂_0 goes on, for half of the step t → s, as it went before: in λ = ½ ln SNR, on a line. In N9
    it gives SDE-DPM-Solver++, in DDIM of η = 0 DPM-Solver++, both of second order ("2M").
    """
    h = schedule.log_snr(s) - schedule.log_snr(t)
    h_before = schedule.log_snr(t) - schedule.log_snr(before)
    ahead = h / h_before / 2
    return 1 + ahead, -ahead  # DPM-Solver++ (Lu et al. 2022), algorithm 2


# Editing


def keep_known(mask: Tensor, x_s: Tensor, known: Tensor) -> Tensor:
    """x_s where the mask is 1, what is known where it is 0 (the paper's m is 1 there)."""
    return mask * x_s + (1 - mask) * known  # RePaint eq. 8c


def interpolate(weight: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """x̄_t on the straight line from x_t to x'_t, with the weight λ in 0..1 of x'_t."""
    return (1 - weight) * x + weight * y  # DDPM section 4.4


def interpolate_noise(weight: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The same between two independent noises, of variance 1 all the way.

    On the line itself the variance is (1−λ)² + λ²: ½ in the middle, which no x_T has.
    """
    return interpolate(weight, x, y) / torch.hypot(1 - weight, weight)


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
