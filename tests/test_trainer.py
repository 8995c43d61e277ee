"""One step of the training loop at a time: what is learned, averaged and told of it."""

import copy

import pytest
import torch

from ddpm_hf import equations
from ddpm_hf.prediction import min_snr_weight, prediction_of
from ddpm_hf.training import losses
from tests.conftest import tiny_unet


def batch_of(trainer):
    return trainer.randomness.training(0, range(8), trainer.pictures)


def test_the_network_is_asked_at_the_timestep_that_it_is_sampled_at(small_trainer):
    """diffusers' timestep, the paper's t − 1: a network that knows x_0 there has no loss."""
    trainer = small_trainer()
    batch = batch_of(trainer)

    def knows(x_t, timestep, labels, return_dict):
        return (equations.predict_noise(trainer.schedule, x_t, batch.x_0, timestep + 1),)

    assert trainer.picture_losses(knows, batch).max() < 1e-6


@pytest.mark.parametrize("kind", ["epsilon", "sample", "v_prediction"])
@pytest.mark.parametrize("changes", [{}, {"loss": "l1"}, {"snr_gamma": 5.0}])
def test_the_loss_is_the_one_that_is_asked_for(small_trainer, kind, changes):
    """Of a network that says nothing."""
    trainer = small_trainer(prediction_type=kind, **changes)
    x_0, t, epsilon, _ = batch = batch_of(trainer)
    told = trainer.picture_losses(lambda x_t, *_, **__: (torch.zeros_like(x_t),), batch)
    truth = equations.evaluate(
        prediction_of(kind).target, equations.rates(trainer.schedule, t), x_0, epsilon
    )
    expected = (truth.abs() if "loss" in changes else truth**2).mean((1, 2, 3))
    if "snr_gamma" in changes:
        expected = expected * min_snr_weight(kind, trainer.schedule.snr(t), 5.0)
    torch.testing.assert_close(told, expected)


def test_the_bound_is_weighted_and_teaches_the_variance_alone(small_trainer):
    """The prediction's gradient is that of the simple loss; T/1000 of the bound moves v."""
    trainer = small_trainer(variance_type="learned_range")
    x_0, t, epsilon, _ = batch = batch_of(trainer)
    said, v = torch.zeros(2, 8, 1, 8, 8, requires_grad=True).unbind()
    told = trainer.picture_losses(lambda *_, **__: (torch.cat([said, v], 1),), batch)
    simple = losses.simple_loss("l2", said, epsilon)
    x_t = equations.q_sample(trainer.schedule, x_0, epsilon, t)
    x_0_hat = equations.predict_x0(trainer.schedule, x_t, said.detach(), t)
    expected = simple + 0.05 * losses.variance_loss(trainer.schedule, x_0, x_t, x_0_hat, v, t)
    torch.testing.assert_close(told, expected)  # T = 50
    for one, other in zip(
        torch.autograd.grad(told.sum(), (said, v), retain_graph=True),
        torch.autograd.grad(expected.sum(), (said, v)),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_long_gradients_are_shortened_and_told_as_they_were(small_trainer):
    trainer, taken = small_trainer(max_grad_norm=1e-3), []

    def look(optimizer, *_):
        each = [p.grad.norm() for group in optimizer.param_groups for p in group["params"]]
        taken.append(float(torch.stack(each).norm()))

    trainer.optimizer.optimizer.register_step_pre_hook(look)
    next(trainer.steps())
    assert taken == [pytest.approx(1e-3, rel=1e-3)]
    assert trainer.report().grad_norm > 0.01


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_the_optimiser_and_the_averages_are_as_the_flags_say(small_trainer, optimizer):
    adam = {"adam_beta1": 0.5, "adam_beta2": 0.6, "adam_weight_decay": 0.7, "adam_epsilon": 0.1}
    ema = {"ema_max_decay": 0.8, "ema_inv_gamma": 2.0, "ema_power": 0.5}
    rate = {"lr_scheduler": "linear", "lr_warmup_steps": 4, "max_train_steps": 10}
    trainer = small_trainer(optimizer=optimizer, **adam, **ema, **rate)
    for group in trainer.optimizer.param_groups:
        found = group["betas"], group["weight_decay"], group["eps"], group["initial_lr"]
        assert found == ((0.5, 0.6), 0.7, 0.1, 1e-3)
    share = trainer.lr_scheduler.lr_lambdas[0]
    assert [share(step) for step in (0, 2, 4, 7, 10)] == [0, 0.5, 1, 0.5, 0]
    decays = [trainer.ema.get_decay(step) for step in (1, 7, 10_000)]
    assert decays == pytest.approx([0, 0.5, 0.8])  # 1 − (1 + 6/2)^(−½) at the seventh


def test_a_report_is_the_mean_of_its_steps(small_trainer, monkeypatch):
    trainer, known = small_trainer(max_train_steps=3), iter([1.0, 3.0, 5.0])
    honest = trainer.picture_losses

    def shifted(network, batch):
        each = honest(network, batch)
        return each - each.detach() + next(known)

    monkeypatch.setattr(trainer, "picture_losses", shifted)
    reported = [trainer.report().loss for step in trainer.steps() if step in (2, 3)]
    assert reported == [2, 5]


def test_validation_is_of_the_averages_and_leaves_the_weights(small_trainer):
    """The mean over all eight pictures, three at a time, by hand on the pipeline of that moment."""
    trainer = small_trainer(train_batch_size=3, ema_max_decay=0.5, learning_rate=1e-2)
    list(trainer.steps())
    before = copy.deepcopy(trainer.trained.state_dict())
    loss = trainer.validation_loss(trainer.pictures)
    for name, weight in trainer.trained.state_dict().items():
        assert torch.equal(weight, before[name]), name
    batch = trainer.randomness.validation(range(8), trainer.pictures)
    with torch.no_grad():
        by_hand = trainer.picture_losses(trainer.pipeline().unet, batch).mean()
        of_the_last = trainer.picture_losses(trainer.trained, batch).mean()
    assert loss == pytest.approx(float(by_hand), rel=1e-5)
    assert loss != pytest.approx(float(of_the_last), rel=1e-3)


def test_one_weight_that_is_no_number_is_seen(small_trainer):
    trainer = small_trainer()
    assert trainer.is_finite()
    with torch.no_grad():
        trainer.trained.conv_out.bias[0] = float("nan")
    assert not trainer.is_finite()


def test_dropout_is_trainings_alone_and_a_function_of_the_step(small_trainer, tmp_path):
    tiny_unet(1, dropout=0.5).save_config(tmp_path)
    after = []
    for before in (1, 2):  # what was drawn before makes no difference
        trainer = small_trainer(model_config_name_or_path=str(tmp_path), max_train_steps=3)
        torch.manual_seed(before)
        list(trainer.steps())
        assert trainer.trained.training
        after.append(trainer.trained.state_dict())
    assert all(torch.equal(after[0][name], after[1][name]) for name in after[0])
    measured = [trainer.validation_loss(trainer.pictures) for _ in range(2)]
    assert measured[0] == measured[1] and trainer.trained.training


def test_a_resumed_run_has_the_time_so_far_and_its_own_settings(small_trainer):
    first = small_trainer()
    next(first.steps())
    first.seconds = 90.0
    ema = {"ema_max_decay": 0.5, "ema_inv_gamma": 2.0, "ema_power": 0.25}
    for minutes in (1.0, 2.0):
        second = small_trainer(max_train_minutes=minutes, adam_beta1=0.5, **ema)
        second.load_state_dict(first.state_dict())
        assert (second.step, second.seconds, second.out_of_time) == (1, 90, minutes == 1)
        kept = second.ema.decay, second.ema.inv_gamma, second.ema.power
        assert kept == (0.5, 2.0, 0.25)
        assert second.optimizer.param_groups[0]["betas"][0] == 0.5
