"""DDIM and the step of second order: their weights, and chains against diffusers' own."""

import diffusers
import pytest
import torch

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf import equations as eq
from ddpm_hf.timesteps import StepPlan
from tests.conftest import tiny_unet

T = 1000
PAIRS = [(0, 1), (1, 2), (4, 5), (0, 40), (40, 80), (300, 700), (959, 999), (999, 1000)]
S, T_OF = torch.tensor(PAIRS).T
SCHEDULE = DDPMScheduler(T).schedule
CLOSE = {"rtol": 1e-11, "atol": 1e-15}


def chain(scheduler, K, **arguments):
    """x_0 and all x_s on the way there, with a network that predicts v."""
    unet, generator = tiny_unet(), torch.Generator().manual_seed(0)
    scheduler.set_timesteps(K)
    found = [torch.randn(2, 3, 8, 8, generator=generator)]
    with torch.no_grad():
        for t in scheduler.timesteps:
            output = unet(found[-1], t).sample
            step = scheduler.step(output, t, found[-1], generator=generator, **arguments)
            found.append(step.prev_sample)
    return torch.stack(found)


def v_scheduler(**config):
    return DDPMScheduler(T, prediction_type="v_prediction", **config)


def farthest(a, b):
    return float((a - b).abs().max())


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
def test_ddim_keeps_the_marginal_of_each_x_s(eta):
    """For x_t drawn from x_0, x_s is so, too: its mean is √ᾱ_s·x_0 and its variance 1 − ᾱ_s."""
    of_xt, of_x0 = eq.ddim_weights(SCHEDULE, S, T_OF, eta)
    std = eq.ddim_std(SCHEDULE, S, T_OF, eta)
    (signal, noise), (signal_s, noise_s) = (eq.rates(SCHEDULE, i) for i in (T_OF, S))
    torch.testing.assert_close(of_xt * signal + of_x0, signal_s, **CLOSE)
    torch.testing.assert_close((of_xt * noise) ** 2 + std**2, noise_s**2, **CLOSE)
    torch.testing.assert_close(std, eta * eq.posterior_var(SCHEDULE, S, T_OF).sqrt(), **CLOSE)


def test_ddim_of_eta_1_is_the_posterior():
    for ours, posterior in zip(
        eq.ddim_weights(SCHEDULE, S, T_OF, 1.0),
        eq.posterior_weights(SCHEDULE, S, T_OF),
        strict=True,
    ):
        torch.testing.assert_close(ours, posterior, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    "config",
    [
        {},
        {"clip_sample": False},
        {"timestep_spacing": "trailing"},
        {"variance_type": "learned_range"},
    ],
)
def test_chains_of_ddim_are_those_of_diffusers(eta, config):
    """`use_clipped_model_output`: else stock's ẑ contradicts its clipped x̂_0."""
    ours = v_scheduler(**config)
    stock = diffusers.DDIMScheduler.from_config(ours.config)
    expected = chain(stock, 20, eta=eta, use_clipped_model_output=True)
    assert farthest(chain(ours, 20, eta=eta), expected) <= 1e-5


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    ("algorithm_type", "arguments"), [("sde-dpmsolver++", {}), ("dpmsolver++", {"eta": 0.0})]
)
def test_chains_of_either_order_are_those_of_diffusers(order, algorithm_type, arguments):
    ours = v_scheduler(clip_sample=False, timestep_spacing="trailing")
    stock = diffusers.DPMSolverMultistepScheduler.from_config(
        ours.config, algorithm_type=algorithm_type, solver_order=order
    )
    found = chain(ours, 12, solver_order=order, **arguments)
    assert farthest(found, chain(stock, 12)) <= 1e-5
    assert farthest(found, chain(ours, 12, solver_order=3 - order, **arguments)) > 0.1


@pytest.mark.parametrize(
    ("algorithm_type", "eta"), [("sde-dpmsolver++", None), ("dpmsolver++", 0.0)]
)
def test_weights_of_second_order_are_those_of_diffusers(algorithm_type, eta):
    """In float64, which stock's chains are not: each weight, by the step of its unit."""
    stock = diffusers.DPMSolverMultistepScheduler(T, algorithm_type=algorithm_type)
    ours = DDPMScheduler.from_config(stock.config)
    timesteps = [999, 900, 500, 499, 20]
    stock.set_timesteps(timesteps=timesteps)
    t = torch.tensor([*timesteps, -1]) + 1
    stock.sigmas = (SCHEDULE.noise_var(t) / SCHEDULE.alpha_bar(t)).sqrt()
    units = torch.eye(4, dtype=torch.float64)
    steps = StepPlan(ours.schedule, "epsilon", timesteps)
    rows = [steps.at(timestep, eta=eta) for timestep in timesteps]
    for i in range(1, len(timesteps) - 1):
        stock._step_index = i
        sample, x_0, before, noise = units
        expected = stock.multistep_dpm_solver_second_order_update(
            [before, x_0], sample=sample, noise=noise
        )
        found = torch.stack([*rows[i].second_order_mean, rows[i].std_small])
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)
    assert rows[0].second_order == rows[-1].second_order == (1, 0)


def test_a_step_that_the_last_one_did_not_lead_to_is_of_first_order():
    x = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    scheduler = v_scheduler(clip_sample=False)
    scheduler.set_timesteps(10)

    def steps(*timesteps, order=2):
        return [scheduler.step(t / T * x, t, x, None, False, 0, None, order)[0] for t in timesteps]

    second = steps(900, 800)[1]
    assert torch.equal(steps(700, 900)[1], steps(900, order=1)[0])
    assert torch.equal(steps(700, 800)[1], steps(800, order=1)[0])
    assert not torch.equal(second, steps(800, order=1)[0])
    steps(900)
    scheduler.set_timesteps(10)
    assert torch.equal(steps(800)[0], steps(800, order=1)[0])


@pytest.mark.parametrize("arguments", [{"eta": -0.1}, {"eta": 1.01}, {"solver_order": 3}])
def test_other_numbers_are_refused(arguments):
    with pytest.raises(ValueError, match=f"{next(iter(arguments))} must be "):
        DDPMScheduler().step(torch.zeros(1, 3, 2, 2), 5, torch.zeros(1, 3, 2, 2), **arguments)


def drawn(pipe, seed=0, **arguments):
    latents = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(5))
    generator = torch.Generator().manual_seed(seed)
    how = {"latents": latents, "output_type": "pt", "num_inference_steps": 10, **arguments}
    return pipe(1, generator, **how).images


def test_the_pipeline_draws_ddim():
    pipe = DDPMPipeline(tiny_unet(), v_scheduler())
    pipe.set_progress_bar_config(disable=True)
    assert torch.equal(drawn(pipe, eta=0.0), drawn(pipe, 1, eta=0.0))  # a function of x_T
    assert not torch.equal(drawn(pipe, eta=0.5), drawn(pipe, 1, eta=0.5))
    assert farthest(drawn(pipe, eta=1.0), drawn(pipe)) <= 1e-5
    assert farthest(drawn(pipe, eta=0.0), drawn(pipe, noise_scale=0)) > 0.1  # N13 is another path
    assert farthest(drawn(pipe, solver_order=2), drawn(pipe)) > 0.01
    stock = pipe.with_scheduler(diffusers.DDIMScheduler.from_config(pipe.scheduler.config))
    assert not torch.equal(drawn(stock, eta=0.5), drawn(stock))
    with pytest.raises(ValueError, match="DDIMScheduler takes no solver_order: leave it out"):
        drawn(stock, solver_order=2)
