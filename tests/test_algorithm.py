"""Algorithm 1 step by step: what is learned, averaged and reported."""

import copy

import pytest
import torch

from ddpm_hf import DDPMPipeline, DDPMScheduler, equations
from ddpm_hf.errors import UserError
from ddpm_hf.prediction import min_snr_weight, prediction_of
from ddpm_hf.training import algorithm, losses
from ddpm_hf.training.algorithm import image_losses, training_steps
from ddpm_hf.training.progress import Progress
from ddpm_hf.training.randomness import BatchRandomness
from ddpm_hf.training.validation import validation_loss
from tests.conftest import BLACK_IMAGES, tiny_unet


def batch_of(state):
    return state.randomness.training_batch(0, range(8), BLACK_IMAGES)


def test_the_network_is_asked_at_the_timestep_that_it_is_sampled_at(small_state):
    """diffusers' timestep, the paper's t − 1: a network that knows x_0 there has no loss."""
    state = small_state()
    batch = batch_of(state)

    def knows(x_t, timestep, labels, return_dict):
        return (equations.predict_noise(state.schedule, x_t, batch.x_0, timestep + 1),)

    assert image_losses(state, knows, batch).max() < 1e-6


@pytest.mark.parametrize("kind", ["epsilon", "sample", "v_prediction"])
@pytest.mark.parametrize("changes", [{}, {"loss": "l1"}, {"snr_gamma": 5.0}])
def test_the_loss_is_the_one_that_is_asked_for(small_state, kind, changes):
    """Of a network that says nothing."""
    state = small_state(prediction_type=kind, **changes)
    x_0, t, epsilon, *_ = batch = batch_of(state)
    told = image_losses(state, lambda x_t, *_, **__: (torch.zeros_like(x_t),), batch)
    rates = equations.rates(state.schedule, t)
    truth = equations.evaluate(prediction_of(kind).target, rates, x_0, epsilon)
    expected = (truth.abs() if "loss" in changes else truth**2).mean((1, 2, 3))
    if "snr_gamma" in changes:
        expected = expected * min_snr_weight(kind, state.schedule.snr(t), 5.0)
    torch.testing.assert_close(told, expected)


@pytest.mark.parametrize("sampling", ["uniform", "logit_normal"])
def test_the_bound_is_weighted_and_teaches_the_variance_alone(small_state, sampling):
    """The prediction's gradient is that of the simple loss; T/1000 of the bound moves v."""
    state = small_state(variance_type="learned_range", timestep_sampling=sampling)
    x_0, t, epsilon, *_ = batch = batch_of(state)
    said, v = torch.zeros(2, 8, 1, 8, 8, requires_grad=True).unbind()
    told = image_losses(state, lambda *_, **__: (torch.cat([said, v], 1),), batch)
    simple = losses.simple_loss("l2", said, epsilon)
    x_t = equations.q_sample(state.schedule, x_0, epsilon, t)
    x_0_hat = equations.predict_x0(state.schedule, x_t, said.detach(), t)
    bound = losses.variance_loss(state.schedule, x_0, x_t, x_0_hat, v, t)
    expected = simple + 0.05 * batch.bound_weight * bound  # T = 50
    assert (batch.bound_weight == 1).all() == (sampling == "uniform")
    torch.testing.assert_close(told, expected)
    for one, other in zip(
        torch.autograd.grad(told.sum(), (said, v), retain_graph=True),
        torch.autograd.grad(expected.sum(), (said, v)),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("T", [5, 2000])
def test_the_bound_of_logit_normal_timesteps_is_that_of_all(T):
    """Weighted, every t counts alike, and none so much that its rare draws drown the others."""
    randomness, n = BatchRandomness(0, T, 8, logit=(-2.0, 1.0), half_uniform=True), 4000
    batch = randomness.training_batch(3, range(n), BLACK_IMAGES * 500)
    assert float(batch.bound_weight.max()) <= 2
    if T == 5:
        share = torch.zeros(T + 1).index_add(0, batch.t, batch.bound_weight)[1:] / n
        assert share == pytest.approx([1 / T] * T, abs=4 * (2 / T / n) ** 0.5)
    else:
        every = torch.arange(1, T + 1)
        p = 1 / (T * randomness.bound_weight(every).double())
        assert float(p.sum()) == pytest.approx(1, abs=1e-5) and float(p[0]) > 0.49 / T
        alone = BatchRandomness(0, T, 8, logit=(-2.0, 1.0)).bound_weight(every[:1])
        assert float(alone) == pytest.approx(1 / 2.1e-5, rel=0.05), "as rarely drawn as it was"
    assert (randomness.validation_batch(range(4), BLACK_IMAGES[:4]).bound_weight == 1).all()


def test_no_variance_is_learned_where_noise_says_nothing_of_the_picture(small_state, tmp_path):
    for kind in ("epsilon", "v_prediction"):
        settings = {"prediction_type": kind, "variance_type": "learned_range"}
        scheduler = DDPMScheduler(50, **settings, rescale_betas_zero_snr=True)
        DDPMPipeline(tiny_unet(1, out_channels=2), scheduler).save_pretrained(tmp_path / kind)
    with pytest.raises(UserError, match=r"zero terminal SNR.* start from a model with v_"):
        small_state(init_from=str(tmp_path / "epsilon"))
    state = small_state(init_from=str(tmp_path / "v_prediction"))
    batch = batch_of(state)._replace(t=torch.full((8,), 50))
    assert image_losses(state, state.network, batch).isfinite().all()


def test_long_gradients_are_shortened_and_told_as_they_were(small_state):
    state, taken = small_state(max_grad_norm=1e-3), []

    def look(optimizer, *_):
        each = [p.grad.norm() for group in optimizer.param_groups for p in group["params"]]
        taken.append(float(torch.stack(each).norm()))

    state.optimizer.optimizer.register_step_pre_hook(look)
    step = next(training_steps(state, BLACK_IMAGES))
    assert taken == [pytest.approx(1e-3, rel=1e-3)]
    assert step.grad_norm > 0.01


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_the_optimiser_and_the_averages_are_as_the_flags_say(small_state, optimizer):
    adam = {"adam_beta1": 0.5, "adam_beta2": 0.6, "adam_weight_decay": 0.7, "adam_epsilon": 0.1}
    ema = {"ema_max_decay": 0.8, "ema_inv_gamma": 2.0, "ema_power": 0.5}
    rate = {"lr_scheduler": "linear", "lr_warmup_steps": 4, "max_train_steps": 10}
    state = small_state(optimizer=optimizer, **adam, **ema, **rate)
    for group in state.optimizer.param_groups:
        found = group["betas"], group["weight_decay"], group["eps"], group["initial_lr"]
        assert found == ((0.5, 0.6), 0.7, 0.1, 1e-3)
    share = state.lr_scheduler.lr_lambdas[0]
    assert [share(step) for step in (0, 2, 4, 7, 10)] == [0, 0.5, 1, 0.5, 0]
    decays = [state.ema.get_decay(step) for step in (1, 7, 10_000)]
    assert decays == pytest.approx([0, 0.5, 0.8])  # 1 − (1 + 6/2)^(−½) at the seventh


def test_a_report_is_the_mean_of_its_steps(small_state, monkeypatch):
    state, known = small_state(max_train_steps=3), iter([1.0, 3.0, 5.0])

    def shifted(*arguments):
        each = image_losses(*arguments)
        return each - each.detach() + next(known)

    monkeypatch.setattr(algorithm, "image_losses", shifted)
    progress = Progress(state)
    steps = progress.watch(training_steps(state, BLACK_IMAGES))
    reported = [progress.report().loss for step in steps if step.number in (2, 3)]
    assert reported == [2, 5]


def test_the_loss_of_each_tenth_of_the_timesteps_is_reported(small_state):
    state = small_state(train_batch_size=400)
    progress = Progress(state)
    step = next(progress.watch(training_steps(state, BLACK_IMAGES)))
    assert set(step.t.tolist()) > {1, 5, 6, 50}, "T = 50: the ends of some tenths are among them"
    tenths = [(step.t > first) & (step.t <= first + 5) for first in range(0, 50, 5)]
    expected = [float(step.losses[tenth].mean()) for tenth in tenths]
    assert progress.report().loss_by_t == pytest.approx(expected, rel=1e-5)


def test_the_average_is_of_the_weights_after_each_step(small_state):
    """With this decay, 1 − 1/i at step i, it is their plain mean."""
    state = small_state(ema_inv_gamma=1.0, ema_power=1.0, max_train_steps=4)
    steps = training_steps(state, BLACK_IMAGES)
    weights = [[p.detach().clone() for p in state.unet.parameters()] for _ in steps]
    averages = list(state.pipeline().unet.parameters())
    for average, *of_steps in zip(averages, *weights, strict=True):
        torch.testing.assert_close(average, torch.stack(of_steps).mean(0))


def test_validation_is_of_the_averages_and_leaves_the_weights(small_state):
    """The mean over all eight pictures, three at a time, by hand on the pipeline of that moment."""
    state = small_state(train_batch_size=3, ema_max_decay=0.5, learning_rate=1e-2)
    list(training_steps(state, BLACK_IMAGES))
    before = copy.deepcopy(state.unet.state_dict())
    loss = validation_loss(state, BLACK_IMAGES)
    for name, weight in state.unet.state_dict().items():
        assert torch.equal(weight, before[name]), name
    batch = state.randomness.validation_batch(range(8), BLACK_IMAGES)
    with torch.no_grad():
        by_hand = image_losses(state, state.pipeline().unet, batch).mean()
        of_the_last = image_losses(state, state.unet, batch).mean()
    assert loss == pytest.approx(float(by_hand), rel=1e-5)
    assert loss != pytest.approx(float(of_the_last), rel=1e-3)


def test_one_weight_that_is_no_number_is_seen(small_state):
    state = small_state()
    assert state.weights_are_finite()
    with torch.no_grad():
        state.unet.conv_out.bias[0] = float("nan")
    assert not state.weights_are_finite()


def test_dropout_is_trainings_alone_and_a_function_of_the_step(small_state, tmp_path):
    tiny_unet(1, dropout=0.5).save_config(tmp_path)
    after = []
    for before in (1, 2):  # what was drawn before makes no difference
        state = small_state(model_config_name_or_path=str(tmp_path), max_train_steps=3)
        torch.manual_seed(before)
        list(training_steps(state, BLACK_IMAGES))
        assert state.unet.training
        after.append(state.unet.state_dict())
    resumed = small_state(model_config_name_or_path=str(tmp_path), max_train_steps=3)
    next(training_steps(resumed, BLACK_IMAGES))
    again = small_state(model_config_name_or_path=str(tmp_path), max_train_steps=3)
    again.load_state_dict(copy.deepcopy(resumed.state_dict()))
    list(training_steps(again, BLACK_IMAGES))
    after.append(again.unet.state_dict())
    assert all(torch.equal(after[0][name], other[name]) for other in after for name in other)
    measured = [validation_loss(state, BLACK_IMAGES) for _ in range(2)]
    assert measured[0] == measured[1] and state.unet.training


def test_a_resumed_run_has_the_time_so_far_and_its_own_settings(small_state):
    first = small_state()
    next(training_steps(first, BLACK_IMAGES))
    first.seconds = 90.0
    ema = {"ema_max_decay": 0.5, "ema_inv_gamma": 2.0, "ema_power": 0.25}
    for minutes in (1.0, 2.0):
        second = small_state(max_train_minutes=minutes, adam_beta1=0.5, **ema)
        second.load_state_dict(first.state_dict())
        assert (second.step, second.seconds, second.out_of_time) == (1, 90, minutes == 1)
        kept = second.ema.decay, second.ema.inv_gamma, second.ema.power
        assert kept == (0.5, 2.0, 0.25)
        assert second.optimizer.param_groups[0]["betas"][0] == 0.5
