"""The bound against closed forms: a network that knows a Gaussian exactly."""

import math

import pytest
import torch

from ddpm_hf import DDPMPipeline, DDPMScheduler, equations
from ddpm_hf.backends.denoiser import make_denoiser
from ddpm_hf.evaluation import likelihood
from ddpm_hf.evaluation.likelihood import bits_per_dimension, prior_term, step_terms
from ddpm_hf.training.losses import variance_loss
from tests.conftest import tiny_unet

SPREAD = 0.25


def gaussian_pipeline(channels=1, **changes):
    """Pixels independent, N(0, SPREAD²): E[ε|x_t] = √(1−ᾱ)·x_t/(ᾱ·SPREAD² + 1 − ᾱ)."""
    unet = tiny_unet(channels)
    pipe = DDPMPipeline(unet=unet, scheduler=DDPMScheduler(**changes))
    schedule = pipe.scheduler.schedule

    def knows(module, args, output):
        t = int(args[1]) + 1
        alpha_bar, noise = float(schedule.alpha_bar(t)), float(schedule.noise_var(t))
        return (args[0] * noise**0.5 / (alpha_bar * SPREAD**2 + noise),)

    unet.register_forward_hook(knows)
    return pipe


def pictures(n=64):
    """Draws of that Gaussian, rounded to the 256 levels."""
    x = torch.randn(n, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * SPREAD
    return ((x.clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1


def true_bits():
    """The entropy of the rounded Gaussian."""
    levels = torch.arange(256, dtype=torch.float64) / 127.5 - 1
    cdf = torch.special.ndtr
    upper = torch.where(levels > 0.999, 1.0, cdf((levels + 1 / 255) / SPREAD))
    lower = torch.where(levels < -0.999, 0.0, cdf((levels - 1 / 255) / SPREAD))
    mass = upper - lower
    return float(-(mass * mass.clamp(min=1e-300).log2()).sum())


def exact_transitions(schedule, kind):
    """The sum of E[L_{t−1}] for t = 2..T, in bits per dimension.

    The KL's means differ by the weight of x_0 times what is not known of it, given x_t.
    """
    t = torch.arange(2, schedule.T + 1)
    small, large = equations.posterior_var(schedule, t - 1, t), schedule.beta(t - 1, t)
    sigma2 = small if kind == "fixed_small" else large
    weight = equations.posterior_weights(schedule, t - 1, t)[1]
    alpha_bar, noise = schedule.alpha_bar(t), schedule.noise_var(t)
    unknown = SPREAD**2 * noise / (alpha_bar * SPREAD**2 + noise)
    kl = 0.5 * ((sigma2 / small).log() + small / sigma2 - 1 + weight**2 * unknown / sigma2)
    return float(kl.sum()) / math.log(2)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fixed_small", "fixed_large"])
def test_bound_of_a_known_gaussian_is_its_closed_form_and_above_its_entropy(kind):
    pipe = gaussian_pipeline(variance_type=kind, clip_sample=False)
    bound = bits_per_dimension(pipe, pictures(), draws=200)
    assert bound.total == pytest.approx(bound.prior + bound.transitions + bound.decoder)
    error = 4 * bound.standard_error
    exact = exact_transitions(pipe.scheduler.schedule, kind)
    assert bound.transitions == pytest.approx(exact, abs=error)
    assert bound.total > true_bits() - error
    if kind == "fixed_large":  # the better of the two for pixels that know nothing of each other
        assert bound.total < true_bits() + 0.1 + error


def test_the_bound_is_of_the_network_in_float32(monkeypatch):
    """Half precision alone makes it worse: no faster backend, nor a network in bfloat16."""
    asked = []

    def listen(unet, backend, *arguments):
        asked.append((unet.dtype, backend))
        return make_denoiser(unet, backend, *arguments)

    monkeypatch.setattr(likelihood, "make_denoiser", listen)
    x, pipe = pictures(4), DDPMPipeline(unet=tiny_unet(1), scheduler=DDPMScheduler())
    exact = bits_per_dimension(pipe, x, draws=5).total
    half = bits_per_dimension(pipe.to(torch.bfloat16), x, draws=5).total
    assert asked == [(torch.float32, "eager")] * 2 and pipe.unet.dtype == torch.bfloat16
    assert half == pytest.approx(exact, rel=0.05), "its weights, rounded"


def test_bound_of_a_seed_is_what_it_was():
    """Measured before rates and errors were kept: the same noise, t and order of sums."""
    pipe = DDPMPipeline(unet=tiny_unet(1), scheduler=DDPMScheduler())
    bound = bits_per_dimension(pipe, pictures(70), draws=5, seed=3)
    assert bound.total == pytest.approx(11.900774, rel=1e-5)


@pytest.mark.filterwarnings("ignore:√ᾱ_T")
@pytest.mark.parametrize("draws", [12, 1000])
def test_rates_sum_to_the_bound_and_distortion_is_what_the_receiver_cannot_know(draws):
    """The error of E[x_0|x_t] in closed form; the bits that tell x_t, from the terms above t."""
    x, calls = pictures(70), []
    pipe = gaussian_pipeline(clip_sample=False, num_train_timesteps=25)
    pipe.unet.register_forward_hook(lambda *_: calls.append(1))
    bound = bits_per_dimension(pipe, x, draws=draws)
    t, rate, sent, rmse = torch.tensor(bound.rate_distortion, dtype=torch.float64)
    assert len(calls) == 2 * len(t), "one forward pass of each batch for each interval"
    assert float(rate.sum()) + bound.prior == pytest.approx(bound.total, rel=1e-6)
    assert float(rate[-1]) == pytest.approx(bound.decoder) and t[-1] == 1
    assert float(sent[-1]) == pytest.approx(bound.prior + bound.transitions, rel=1e-6)
    assert (t.diff() < 0).all() and (sent.diff() > 0).all() and sent[0] > bound.prior - 1e-6
    schedule, at = pipe.scheduler.schedule, t.round().long()
    known = schedule.alpha_bar(at) * SPREAD**2
    unknown = SPREAD**2 * schedule.noise_var(at) / (known + schedule.noise_var(at))
    error = 0.05 if draws > 25 else 0.15  # in an interval, of more than one t
    torch.testing.assert_close(rmse, unknown.sqrt() * 127.5, rtol=error, atol=0)
    if draws > 25:  # every t: what x_t costs is L_T and the rates above
        exact = bound.prior + rate.cumsum(0) - rate
        torch.testing.assert_close(sent, exact, rtol=1e-6, atol=0)


def test_a_worse_network_has_a_worse_bound():
    x, pipe = pictures(16), gaussian_pipeline(clip_sample=False)
    good = bits_per_dimension(pipe, x, draws=30)
    plain = DDPMPipeline(unet=tiny_unet(1), scheduler=DDPMScheduler())
    bad = bits_per_dimension(plain, x, draws=30)
    assert bad.total > good.total + 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:√ᾱ_T")
def test_estimate_over_few_timesteps_is_unbiased():
    x, pipe = pictures(16), gaussian_pipeline(clip_sample=False, num_train_timesteps=200)
    whole = bits_per_dimension(pipe, x, draws=1000)
    few = [bits_per_dimension(pipe, x, draws=20, seed=s).total for s in range(8)]
    spread = torch.tensor(few).std() / len(few) ** 0.5
    assert sum(few) / len(few) == pytest.approx(whole.total, abs=4 * float(spread) + 0.01)


@pytest.mark.parametrize("v", [-1.0, 0.3, 1.0])
@pytest.mark.parametrize("t", [1, 2, 700])
def test_a_learned_variance_has_the_bound_that_it_is_trained_by(v, t, seeded):
    scheduler = DDPMScheduler(variance_type="learned_range", clip_sample=False)
    pipe, schedule = DDPMPipeline(tiny_unet(1, out_channels=2), scheduler), scheduler.schedule
    scheduler.set_timesteps()
    x_0, noise = torch.full((2, 1, 8, 8), 0.25), torch.randn(2, 1, 8, 8, generator=seeded())
    said, fraction = 0.9 * noise, torch.full_like(noise, v)
    found, _ = step_terms(pipe, lambda *_: torch.cat([said, fraction], 1), x_0, noise, t)
    x_t = equations.q_sample(schedule, x_0, noise, t)
    x_0_hat = equations.predict_x0(schedule, x_t, said, t)
    expected = variance_loss(schedule, x_0, x_t, x_0_hat, fraction, torch.full((2,), t))
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction", "sample"])
def test_zero_terminal_snr_has_a_bound(prediction_type):
    scheduler = DDPMScheduler(100, rescale_betas_zero_snr=True, prediction_type=prediction_type)
    pipe = DDPMPipeline(unet=tiny_unet(1), scheduler=scheduler)
    scheduler.set_timesteps(7)  # a run of another is not disturbed, nor does it disturb
    bound = bits_per_dimension(pipe, pictures(4), draws=100)
    assert math.isfinite(bound.total) and abs(bound.prior) < 1e-6
    assert len(scheduler.timesteps) == 7


def test_prior_term_in_numbers():
    schedule = DDPMScheduler(num_train_timesteps=1000).schedule
    x = torch.full((1, 1, 1, 1), 0.5)
    alpha_bar = float(schedule.alpha_bar(1000))
    nats = 0.5 * (alpha_bar * 0.25 - alpha_bar - math.log1p(-alpha_bar))
    assert float(prior_term(schedule, x)) == pytest.approx(nats / math.log(2), rel=1e-2)
