"""Sampling where the answer is known: for Gaussian data the exact ε* is affine in x_t.

The sampler's own mean and variance then follow an exact recursion of N9–N11. The scheduler's steps
are compared with that, not with the data: at finite T and K the sampler is biased, and the test
knows by how much. That the recursion tends to the data's moments is a test of its own.
"""

import math

import pytest
import torch

from ddpm_hf import DDPMScheduler
from ddpm_hf.noise import noise_like

MEAN, VAR, N = 0.3, 0.25, 10_000


def exact_weights(scheduler, t):
    """ε*(x) = E[z | x_t = x] = a·x + b, for data N(MEAN, VAR)."""
    alpha_bar = float(scheduler.schedule.alpha_bar(t))
    total = alpha_bar * VAR + 1 - alpha_bar
    a = math.sqrt(1 - alpha_bar) / total
    return a, -a * math.sqrt(alpha_bar) * MEAN


def recursion(alpha_bar, timesteps, large=False, eta=None):
    """Mean and variance of the sampler's output, by N6, N9 and N11 written out in plain floats.

    With eta, by DDIM's equations 12 and 16: x_s = √ᾱ_s·x̂_0 + √(1−ᾱ_s−σ²)·ẑ + σ·z.
    """
    mean, var = 0.0, 1.0
    steps = [t + 1 for t in timesteps]
    for t, s in zip(steps, [*steps[1:], 0], strict=True):
        a_t, a_s = alpha_bar[t], alpha_bar[s]
        beta = 1 - a_t / a_s
        total = a_t * VAR + 1 - a_t
        # x̂_0 = E[x_0 | x_t] = k·x_t + c
        k = math.sqrt(a_t) * VAR / total
        c = MEAN * (1 - a_t) / total
        w_t = math.sqrt(a_t / a_s) * (1 - a_s) / (1 - a_t)
        w_0 = math.sqrt(a_s) * beta / (1 - a_t)
        sigma2 = 0.0 if s == 0 else beta if large else (1 - a_s) / (1 - a_t) * beta
        if eta is not None:
            sigma2 = eta**2 * (1 - a_s) / (1 - a_t) * beta
            w_t = math.sqrt((1 - a_s - sigma2) / (1 - a_t)) if s else 0.0
            w_0 = math.sqrt(a_s) - math.sqrt(a_t) * w_t
        mean = (w_t + w_0 * k) * mean + w_0 * c
        var = (w_t + w_0 * k) ** 2 * var + sigma2
    return mean, var


def plain_alpha_bar(T):
    values = [1.0]
    for i in range(T):
        values.append(values[-1] * (1 - (1e-4 + (2e-2 - 1e-4) * i / (T - 1))))
    return values


def step(scheduler, t, x, **noise):
    a, b = exact_weights(scheduler, int(t) + 1)
    return scheduler.step(a * x + b, t, x, **noise).prev_sample


def affine_step(scheduler, t, **how):
    """A, B and σ of x_s = A·x_t + B + σ·z, read off the scheduler's own step at x_t = 0 and 1."""
    x = torch.tensor([0.0, 1.0], dtype=torch.float64).reshape(2, 1, 1, 1)
    still = step(scheduler, t, x, noise_scale=0, **how)
    moved = step(scheduler, t, x, generator=torch.Generator().manual_seed(0), **how) - still
    sigma = moved / noise_like(x, torch.Generator().manual_seed(0))
    assert torch.allclose(sigma[0], sigma[1], rtol=1e-9, atol=0)
    return float(still[1] - still[0]), float(still[0]), float(sigma[0])


def scheduler_of(K, kind, **config):
    scheduler = DDPMScheduler(variance_type=kind, clip_sample=False, **config)
    scheduler.set_timesteps(K)
    return scheduler


@pytest.mark.parametrize(
    ("K", "kind", "eta"),
    [
        *((K, kind, None) for K in (50, 2000) for kind in ("fixed_small", "fixed_large")),
        *((50, "fixed_large", eta) for eta in (0.0, 0.5, 1.0)),
    ],
)
def test_the_steps_moments_follow_the_exact_recursion(K, kind, eta):
    scheduler = scheduler_of(K, kind)
    found, var = 0.0, 1.0
    for t in scheduler.timesteps:
        A, B, sigma = affine_step(scheduler, t, eta=eta)
        found, var = A * found + B, A**2 * var + sigma**2
    timesteps = scheduler.timesteps.tolist()
    expected = recursion(plain_alpha_bar(2000), timesteps, kind == "fixed_large", eta)
    assert (found, var) == pytest.approx(expected, rel=1e-9)


def test_samples_have_these_moments():
    scheduler = scheduler_of(50, "fixed_small")
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(N, 1, 1, 1, generator=generator)
    for t in scheduler.timesteps:
        x = step(scheduler, t, x, generator=generator)
    mean, var = recursion(plain_alpha_bar(2000), scheduler.timesteps.tolist(), large=False)
    assert float(x.mean()) == pytest.approx(mean, abs=3 * math.sqrt(var / N))
    assert float(x.var()) == pytest.approx(var, rel=3 * math.sqrt(2 / N))


@pytest.mark.parametrize(
    ("large", "eta"), [(False, None), (True, None), (False, 0.0), (False, 0.5)]
)
def test_recursion_tends_to_the_data(large, eta):
    errors = []
    for T in (500, 4000, 32_000):
        # The same path in finer steps: β shrinks as 1/T, so that ᾱ_T stays.
        alpha_bar = [1.0]
        for i in range(T):
            alpha_bar.append(alpha_bar[-1] * (1 - 20 * (0.01 + 1.98 * i / T) / T))
        mean, var = recursion(alpha_bar, list(range(T))[::-1], large, eta)
        errors.append(abs(var / VAR - 1))
        assert mean == pytest.approx(MEAN, abs=1e-3)
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.01


def test_bias_of_fifty_steps_is_the_known_one():
    """The figures in the notes on theory: V = 0.25, K = 50 gives 0.73 with β̃ and 1.10 with β."""
    timesteps = list(range(1960, -1, -40))
    alpha_bar = plain_alpha_bar(2000)
    small, large = (recursion(alpha_bar, timesteps, big)[1] / VAR for big in (False, True))
    assert (round(small, 2), round(large, 2)) == (0.73, 1.10)


@pytest.mark.parametrize(
    ("spacing", "eta", "first", "second"),
    [
        ("trailing", None, 0.73, 1.04),
        ("trailing", 0.0, 0.84, 0.98),
        ("quadratic", None, 0.85, 1.03),
        ("quadratic", 0.0, 0.92, 1.01),
        ("leading", None, 0.73, 1.67),  # its step from t = 41 to 1 goes on for too long
    ],
)
def test_second_order_takes_away_most_of_that_bias(spacing, eta, first, second):
    """The same K = 50. The run is linear in x_T and each z: it is run for each of them at once."""
    for order, expected in ((1, first), (2, second)):
        scheduler = scheduler_of(50, "fixed_small", timestep_spacing=spacing)
        parts = torch.eye(51, dtype=torch.float64).reshape(51, 51, 1, 1, 1)
        x = parts[0]
        for z, t in zip(parts[1:], scheduler.timesteps, strict=True):
            a, _ = exact_weights(scheduler, int(t) + 1)
            x = scheduler.step(a * x, t, x, None, False, 0, eta, order)[0]
            x = x + scheduler._get_variance(t).sqrt() * z if eta is None else x
        assert round(float((x**2).sum()) / VAR, 2) == expected
