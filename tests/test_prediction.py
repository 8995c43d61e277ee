"""ε, x_0 or v: the target of each, what follows from it, and its weight in the loss."""

import pytest
import torch

from ddpm_hf import DDPMScheduler, schedules
from ddpm_hf import equations as eq
from ddpm_hf.prediction import PREDICTIONS, min_snr_weight, prediction_of
from ddpm_hf.schedules import NoiseSchedule

SCHEDULE = NoiseSchedule.from_betas(schedules.linear_betas(1000))


def gaussian(seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(4, 1, 2, 2, dtype=torch.float64, generator=generator)


X_0, Z, STEPS = gaussian(0), gaussian(1), torch.tensor([1, 3, 400, 1000])
RATES = eq.rates(SCHEDULE, STEPS)
X_T = eq.q_sample(SCHEDULE, X_0, Z, STEPS)


@pytest.mark.parametrize("kind", PREDICTIONS)
def test_image_and_noise_follow_from_the_target(kind):
    known = PREDICTIONS[kind]
    output = eq.evaluate(known.target, RATES, X_0, Z)
    x_0 = eq.evaluate(known.x0, RATES, X_T, output)
    noise = eq.evaluate(known.noise, RATES, X_T, output)
    torch.testing.assert_close(x_0, X_0, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(noise, Z, rtol=1e-9, atol=1e-9)


def test_targets():
    targets = {
        kind: eq.evaluate(known.target, RATES, X_0, Z) for kind, known in PREDICTIONS.items()
    }
    assert torch.equal(targets["epsilon"], Z) and torch.equal(targets["sample"], X_0)
    upstream = DDPMScheduler(1000, prediction_type="v_prediction").get_velocity(X_0, Z, STEPS - 1)
    assert torch.equal(targets["v_prediction"], upstream)


@pytest.mark.parametrize("kind", PREDICTIONS)
def test_an_error_counts_as_often_as_its_scale_says(kind):
    known = PREDICTIONS[kind]
    output = eq.evaluate(known.target, RATES, X_0, Z)
    wrong = eq.evaluate(known.x0, RATES, X_T, output + 0.1)
    error = (wrong - X_0).square().flatten(1).mean(1)
    torch.testing.assert_close(0.1**2 / error, known.error_scale(SCHEDULE.snr(STEPS)))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("epsilon", lambda snr: min(snr, 5) / snr),
        ("sample", lambda snr: min(snr, 5)),
        ("v_prediction", lambda snr: min(snr, 5) / (snr + 1)),
    ],
)
def test_min_snr_weights(kind, expected):
    t = torch.tensor([1, 10, 300, 1000])
    weights = min_snr_weight(kind, SCHEDULE.snr(t), 5.0)
    assert weights.tolist() == pytest.approx(
        [expected(float(SCHEDULE.alpha_bar(i) / (1 - SCHEDULE.alpha_bar(i)))) for i in t], rel=1e-5
    )


def test_min_snr_weight_without_any_signal():
    flat = NoiseSchedule.from_betas(schedules.rescale_zero_terminal_snr(schedules.linear_betas(10)))
    for kind in ("epsilon", "sample", "v_prediction"):
        assert min_snr_weight(kind, flat.snr(torch.tensor([10])), 5.0).isfinite().all()


def test_an_unknown_prediction_is_refused_by_name():
    with pytest.raises(ValueError, match="must be one of epsilon, sample, v_prediction; got 'x'"):
        prediction_of("x")
