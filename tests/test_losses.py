"""Weights and the bound's variance term against closed forms."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from ddpm_hf import equations as eq
from ddpm_hf import schedules
from ddpm_hf.schedules import NoiseSchedule
from ddpm_hf.training import losses

SCHEDULE = NoiseSchedule.from_betas(schedules.linear_betas(1000))


def gaussian(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_kl_of_gaussians_is_torchs():
    means, log_vars = (gaussian(2, 50, seed=s).double() for s in (0, 1))
    ours = eq.gaussian_kl(means[0], log_vars[0], means[1], log_vars[1])
    one, two = (Normal(m, (v / 2).exp()) for m, v in zip(means, log_vars, strict=True))
    torch.testing.assert_close(ours, kl_divergence(one, two))


@pytest.mark.parametrize("log_var", [-12.0, -6.0, 0.0, 4.0])
@pytest.mark.parametrize("mean", [-1.5, -0.3, 0.0, 0.99])
def test_decoder_gives_all_its_mass_to_the_256_bins(mean, log_var):
    bins = torch.arange(256, dtype=torch.float64) / 127.5 - 1
    nll = eq.decoder_nll(bins, torch.tensor(mean).double(), torch.tensor(log_var).double())
    assert float((-nll).exp().sum()) == pytest.approx(1, abs=1e-6)


def test_decoder_is_finite_far_from_the_mean_and_has_a_slope():
    mean = torch.tensor([-1.0, 0.0, 1.0, 1.0], requires_grad=True)
    x_0 = torch.tensor([1.0, 1.0, -1.0, 0.5])
    nll = eq.decoder_nll(x_0, mean, torch.tensor(-14.0))
    nll.sum().backward()
    assert nll.isfinite().all() and mean.grad.isfinite().all()
    assert (mean.grad.sign() == (mean.detach() - x_0).sign()).all()


def test_variance_term_is_least_at_the_true_variance():
    """With x̂_0 = x_0 the best variance is β̃ itself, v = −1, and the KL there is nothing."""
    x_0, z = gaussian(4, 1, 4, 4).clamp(-1, 1), gaussian(4, 1, 4, 4, seed=1)
    t = torch.tensor([2, 50, 400, 1000])
    x_t = eq.q_sample(SCHEDULE, x_0, z, t)
    cost = {
        v: losses.variance_loss(SCHEDULE, x_0, x_t, x_0, torch.full_like(x_0, v), t)
        for v in (-1.5, -1.0, 1.0)
    }
    assert cost[-1.0].abs().max() < 1e-5
    # At t near T the two bounds meet, and v makes no difference.
    assert (cost[1.0][:2] > 2e-5).all() and (cost[-1.5][:2] > 2e-5).all()


def test_variance_term_in_numbers():
    """One pixel by hand: KL(N(μ̃, β̃) ‖ N(μ, β)) / ln 2."""
    x_0, x_0_hat, t = torch.full((1, 1, 1, 1), 0.3), torch.full((1, 1, 1, 1), 0.1), 100
    x_t = torch.full((1, 1, 1, 1), 0.7)
    one = losses.variance_loss(
        SCHEDULE, x_0, x_t, x_0_hat, torch.ones(1, 1, 1, 1), torch.tensor([t])
    )
    weight = float(eq.posterior_weights(SCHEDULE, t - 1, t)[1])
    small, large = float(eq.posterior_var(SCHEDULE, t - 1, t)), float(SCHEDULE.beta(t - 1, t))
    kl = 0.5 * (math.log(large / small) + small / large - 1 + (weight * 0.2) ** 2 / large)
    assert float(one) == pytest.approx(kl / math.log(2), rel=1e-4)


def test_variance_term_at_the_first_step_is_the_decoders():
    x_0 = torch.full((1, 1, 2, 2), 0.5)
    t, v = torch.tensor([1]), torch.ones(1, 1, 2, 2)
    bits = losses.variance_loss(SCHEDULE, x_0, x_0, x_0, v, t)
    log_var = torch.tensor(float(SCHEDULE.beta(0, 1))).log()
    expected = eq.decoder_nll(x_0, x_0, log_var).mean() / math.log(2)
    torch.testing.assert_close(bits[0], expected)
