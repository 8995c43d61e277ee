"""Other machines: devices that have no float64, and systems that are not Linux."""

import os

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ddpm_hf import DDPMScheduler, machine
from ddpm_hf import equations as eq
from ddpm_hf.schedules import NoiseSchedule, linear_betas
from ddpm_hf.training.algorithm import image_losses
from tests.conftest import BLACK_IMAGES

META = torch.device("meta")


class Float64OnlyOnTheCPU(TorchDispatchMode):
    """As on Apple's MPS: a float64 tensor anywhere else is an error."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        output = function(*args, **(kwargs or {}))
        for value in tree_leaves((args, kwargs, output)):
            if isinstance(value, torch.Tensor) and not value.is_cpu:
                assert value.dtype != torch.float64, f"{function} of float64 on {value.device}"
        return output


@pytest.mark.parametrize("timesteps", [7, torch.tensor([3, 7]), torch.tensor([3, 7], device=META)])
def test_equations_need_no_float64_on_a_device(timesteps):
    ours, x = DDPMScheduler(), torch.zeros(2, 3, 8, 8, device=META)
    with Float64OnlyOnTheCPU():
        for method in (ours.add_noise, ours.add_noise_step, ours.get_velocity):
            assert method(x, x, timesteps).dtype == torch.float32
        for method in (ours.predict_original_sample, ours.predict_noise):
            method(x, timesteps, x)
        ours.add_noise_between(x, x, timesteps - 2, timesteps)
        mean, var = ours.posterior(x, x, timesteps, timesteps - 1)
        assert mean.dtype == var.dtype == torch.float32
        ours.posterior_mean_from_noise(x, x, timesteps, timesteps - 1)
        eq.q_sample(ours.schedule, x, x, 7)  # the exact table, the picture elsewhere


def test_sampling_needs_no_float64_on_a_device():
    x = torch.zeros(2, 3, 8, 8, device=META)
    with Float64OnlyOnTheCPU(), META:  # PyTorch's default device
        ours = DDPMScheduler(beta_schedule="sigmoid", rescale_betas_zero_snr=True)
        ours.set_timesteps(10)
        for t in (1800, 0):
            assert ours.step(x, t, x).prev_sample.dtype == torch.float32


@pytest.mark.parametrize("variance", ["fixed_small", "learned_range"])
def test_training_needs_no_float64_on_a_device(small_state, variance):
    state = small_state(variance_type=variance, snr_gamma=5.0)
    batch = state.randomness.training_batch(0, range(8), BLACK_IMAGES).to(META)
    output = torch.zeros(8, 2 if variance == "learned_range" else 1, 8, 8, device=META)
    with Float64OnlyOnTheCPU():
        state.schedule = state.scheduler.schedule.on(META)
        assert image_losses(state, lambda *_, **__: (output,), batch).shape == (8,)


def test_tables_are_float32_as_stocks_and_a_loop_over_them_stays_so():
    ours = DDPMScheduler()
    for name in ("betas", "alphas", "alphas_cumprod"):
        table = getattr(ours, name)
        assert table.dtype == torch.float32 and table.shape == (2000,)
    exact = ours.schedule.alpha_bar(torch.arange(1, 2001)).float()
    assert torch.equal(ours.alphas_cumprod, exact), "rounded once"
    x = torch.zeros(2, 3, 8, 8)
    alpha_bar = ours.alphas_cumprod[torch.tensor([5, 1999])].reshape(-1, 1, 1, 1)
    assert (alpha_bar.sqrt() * x + (1 - alpha_bar).sqrt() * x).dtype == torch.float32


@pytest.mark.parametrize("stride", [1, 40])
def test_a_table_in_float32_keeps_the_digits_of_float32(stride):
    """Each weight of a step, where ln ᾱ in float32 alone would keep two digits of β_1 = 1e-4."""
    exact = NoiseSchedule.from_betas(linear_betas(2000))
    rounded = exact.on(torch.device("cpu", 0))  # any device but "cpu" itself
    t = torch.arange(stride, 2001, stride)
    for weights in (
        lambda table: (table.alpha_bar(t), table.noise_var(t), table.beta(t - stride, t)),
        lambda table: eq.posterior_weights(table, t - stride, t),
        lambda table: (eq.posterior_var(table, t - stride, t),),
    ):
        for ours, true in zip(weights(rounded), weights(exact), strict=True):
            assert ours.dtype == torch.float32
            torch.testing.assert_close(ours.double(), true, rtol=2e-6, atol=0)


def test_zero_signal_is_zero_in_float32_too():
    table = DDPMScheduler(rescale_betas_zero_snr=True).schedule.on(torch.device("cpu", 0))
    assert table.alpha_bar(2000) == 0 and table.noise_var(2000) == 1 == table.beta(1999, 2000)


def test_the_machine_is_measured_where_linux_is_not(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "CONTAINER_LIMIT", tmp_path / "memory.max")
    cores, memory = machine.cores(), machine.memory()
    for name in ("sched_getaffinity", "sysconf"):
        monkeypatch.delattr(os, name)
    assert machine.cores() == os.cpu_count() >= cores >= 1
    assert machine.memory() == memory > 2**28
    machine.CONTAINER_LIMIT.write_text("max\n")
    assert machine.memory() == memory
    machine.CONTAINER_LIMIT.write_text("1000\n")
    assert machine.memory() == 1000
