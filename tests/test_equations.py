"""The equations against closed forms, mpmath and a numeric Bayes computation."""

import diffusers
import mpmath
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddpm_hf import equations as eq
from ddpm_hf import schedules
from ddpm_hf.prediction import PREDICTIONS, velocity
from ddpm_hf.schedules import NoiseSchedule

T = 2000
NOTES = NoiseSchedule.from_betas(schedules.linear_betas(T))
pairs = st.tuples(st.integers(0, T - 1), st.integers(1, T)).filter(lambda p: p[0] < p[1])


def gaussian(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("steps", "expected"), [(1000, 4.0358e-5), (2000, 1.6288e-9)])
def test_alpha_bar_at_T_is_the_known_value(steps, expected):
    schedule = NoiseSchedule.from_betas(schedules.linear_betas(steps))
    assert float(schedule.alpha_bar(steps)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("t", "expected"), [(2, 0.4763), (10, 0.8691)])
def test_ratio_of_the_two_variances_is_the_known_value(t, expected):
    ratio = eq.posterior_var(NOTES, t - 1, t) / NOTES.beta(t - 1, t)
    assert float(ratio) == pytest.approx(expected, abs=5e-5)


def test_variances_meet_at_T():
    ratio = eq.posterior_var(NOTES, T - 1, T) / NOTES.beta(T - 1, T)
    assert float(1 - ratio) == pytest.approx(3.3e-11, rel=0.02)


def test_every_weight_matches_mpmath_at_50_digits():
    mpmath.mp.dps = 50
    betas = [mpmath.mpf(float(b)) for b in schedules.linear_betas(T)]
    alpha_bar = [mpmath.mpf(1)]
    for beta in betas:
        alpha_bar.append(alpha_bar[-1] * (1 - beta))
    for s, t in [(t - 1, t) for t in range(1, T + 1)] + [(t - 40, t) for t in range(40, T + 1, 40)]:
        a_s, a_t = alpha_bar[s], alpha_bar[t]
        alpha, beta = a_t / a_s, 1 - a_t / a_s
        exact = {
            "alpha_bar": a_t,
            "noise_var": 1 - a_t,
            "weight_xt": mpmath.sqrt(alpha) * (1 - a_s) / (1 - a_t),
            "weight_x0": mpmath.sqrt(a_s) * beta / (1 - a_t),
            "var": (1 - a_s) / (1 - a_t) * beta,
            "beta": beta,
        }
        weight_xt, weight_x0 = eq.posterior_weights(NOTES, s, t)
        ours = {
            "alpha_bar": NOTES.alpha_bar(t),
            "noise_var": NOTES.noise_var(t),
            "weight_xt": weight_xt,
            "weight_x0": weight_x0,
            "var": eq.posterior_var(NOTES, s, t),
            "beta": NOTES.beta(s, t),
        }
        for name, value in exact.items():
            error = abs(mpmath.mpf(float(ours[name])) - value)
            assert error <= 1e-12 * value, (name, s, t)


@given(st.integers(1, T))
def test_predict_x0_undoes_q_sample(t):
    x_0, z = gaussian(2, 3, 4, 4), gaussian(2, 3, 4, 4, seed=1)
    x_t = eq.q_sample(NOTES, x_0, z, t)
    torch.testing.assert_close(eq.predict_x0(NOTES, x_t, z, t), x_0, rtol=1e-6, atol=1e-9)
    v = eq.evaluate(velocity, eq.rates(NOTES, t), x_0, z)
    torch.testing.assert_close(
        eq.evaluate(PREDICTIONS["v_prediction"].x0, eq.rates(NOTES, t), x_t, v), x_0
    )


@given(pairs)
def test_steps_merge(pair):
    """A chain of N2 from s to t has the mean and variance of one merged step (N3)."""
    s, t = pair
    mean, var = torch.ones(1, dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    for u in range(s + 1, t + 1):
        mean = eq.q_step(NOTES, mean, torch.zeros(1, dtype=torch.float64), u)
        var = NOTES.alpha(u - 1, u) * var + NOTES.beta(u - 1, u)
    merged = eq.q_merge(NOTES, torch.ones(1, dtype=torch.float64), torch.zeros(1), s, t)
    torch.testing.assert_close(mean, merged, rtol=1e-9, atol=0)
    torch.testing.assert_close(var, NOTES.beta(s, t), rtol=1e-9, atol=0)


def test_jump_is_the_merge_from_the_start():
    x_0, z = gaussian(5), gaussian(5, seed=1)
    for t in (1, 10, 1999, 2000):
        jump = eq.q_sample(NOTES, x_0, z, t)
        torch.testing.assert_close(jump, eq.q_merge(NOTES, x_0, z, 0, t))


@given(pairs.filter(lambda p: p[0] > 0), st.floats(-2, 2), st.floats(-1, 1))
def test_posterior_is_what_bayes_computes_on_a_grid(pair, x_t, x_0):
    s, t = pair
    mean = NOTES.alpha_bar(s).sqrt() * x_0
    # Twelve standard deviations about wherever the posterior's mean may lie.
    width = 12 * NOTES.noise_var(s).sqrt() + abs(x_t) + abs(x_0)
    grid = torch.linspace(-1, 1, 200_001, dtype=torch.float64) * width + mean
    log_q = -0.5 * (x_t - NOTES.alpha(s, t).sqrt() * grid) ** 2 / NOTES.beta(s, t)
    log_q = log_q - 0.5 * (grid - mean) ** 2 / NOTES.noise_var(s)
    q = (log_q - log_q.max()).exp()
    q = q / q.sum()
    bayes_mean = (q * grid).sum()
    bayes_var = (q * (grid - bayes_mean) ** 2).sum()

    x = torch.tensor([x_t], dtype=torch.float64), torch.tensor([x_0], dtype=torch.float64)
    our_mean, our_var = eq.posterior(NOTES, *x, s, t)
    if our_var.sqrt() > 5 * (grid[1] - grid[0]):  # else the grid is too coarse to tell
        assert float(our_mean) == pytest.approx(float(bayes_mean), abs=1e-6)
        assert float(our_var) == pytest.approx(float(bayes_var), rel=1e-6)


@given(pairs)
def test_three_ways_to_the_posterior_agree(pair):
    s, t = pair
    x_0, z = gaussian(4), gaussian(4, seed=1)
    x_t = eq.q_sample(NOTES, x_0, z, t)
    mean, var = eq.posterior(NOTES, x_t, x_0, s, t)
    torch.testing.assert_close(
        eq.posterior_mean_from_noise(NOTES, x_t, z, s, t), mean, rtol=1e-8, atol=1e-8
    )
    if s > 0:
        A, B = eq.bayes_quadratic(NOTES, x_t, x_0, s, t)
        torch.testing.assert_close(-B / (2 * A), mean, rtol=1e-8, atol=1e-8)
        torch.testing.assert_close(1 / A, var, rtol=1e-8, atol=0)


def test_weights_move_as_the_notes_say():
    t = torch.arange(1, T + 1)
    weight_xt, weight_x0 = eq.posterior_weights(NOTES, t - 1, t)
    assert (weight_x0.diff() < 0).all()
    assert int(t[weight_xt.argmax()]) == 651
    assert (float(weight_xt[0]), float(weight_x0[0])) == (0, pytest.approx(1, abs=1e-15))


def test_lower_variance_is_below_upper():
    t = torch.arange(1, T + 1)
    assert (eq.posterior_var(NOTES, t - 1, t) < NOTES.beta(t - 1, t)).all()
    assert float(eq.posterior_var(NOTES, 0, 1)) == 0


def test_zero_terminal_snr_leaves_nothing_of_the_picture():
    betas = schedules.rescale_zero_terminal_snr(schedules.linear_betas(1000))
    schedule = NoiseSchedule.from_betas(betas)
    assert float(schedule.alpha_bar(1000)) == 0
    assert float(schedule.alpha_bar(1)) == pytest.approx(1 - 1e-4)
    assert float(schedule.beta(999, 1000)) == 1
    x_t, z = torch.randn(2, 3, generator=torch.Generator().manual_seed(0))
    assert not eq.posterior_mean_from_noise(schedule, x_t, z, 999, 1000).isfinite().any()
    assert eq.posterior_mean(schedule, x_t, z, 999, 1000).isfinite().all()


@pytest.mark.filterwarnings("ignore:√ᾱ_T")
@pytest.mark.parametrize("steps", [20, 1000])
@pytest.mark.parametrize("name", schedules.SCHEDULES)
def test_a_schedule_of_diffusers_name_has_its_betas(name, steps):
    theirs = diffusers.DDPMScheduler(steps, 1e-4, 0.2, name)  # in float32
    torch.testing.assert_close(
        schedules.SCHEDULES[name](steps, 1e-4, 0.2), theirs.betas.double(), rtol=1e-3, atol=1e-6
    )


@pytest.mark.parametrize(
    "weight", [torch.tensor(0.3), torch.tensor([0.3, 0.7])], ids=["one", "each"]
)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_rounded_once(dtype, weight):
    x, y = gaussian(2, 1000).to(dtype), gaussian(2, 1000, seed=1).to(dtype)
    exact = weight.reshape(-1, 1) * x.float() + (1 - weight).reshape(-1, 1) * y.float()
    assert torch.equal(
        eq.evaluate(eq.weighted_sum, (weight.double(), 1 - weight.double()), x, y), exact.to(dtype)
    )


@pytest.mark.parametrize("name", schedules.SCHEDULES)
def test_schedules_are_probabilities_and_end_in_noise(name):
    betas = schedules.SCHEDULES[name](1000, 1e-4, 2e-2)
    assert betas.dtype == torch.float64
    assert ((betas > 0) & (betas < 1)).all()
    for others in ((2e-4, 2e-2), (1e-4, 1e-2)):
        assert torch.equal(schedules.SCHEDULES[name](1000, *others), betas) == (
            name not in schedules.BY_BETAS
        )


def test_weights_per_picture_match_weights_one_by_one():
    x_0, z, t = gaussian(3, 1, 2, 2), gaussian(3, 1, 2, 2, seed=1), torch.tensor([1, 50, 2000])
    batch = eq.q_sample(NOTES, x_0, z, t)
    for i in range(3):
        assert torch.equal(batch[i], eq.q_sample(NOTES, x_0[i], z[i], int(t[i])))
