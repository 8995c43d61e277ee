"""The scheduler against stock diffusers, where it is right and where it is wrong."""

import inspect
import itertools

import diffusers
import mpmath
import numpy as np
import pytest
import torch
from diffusers.models.unets.unet_2d import UNet2DOutput
from hypothesis import given
from hypothesis import strategies as st

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf import equations as eq
from ddpm_hf.prediction import PREDICTIONS, velocity
from ddpm_hf.schedules import SCHEDULES, linear_betas
from ddpm_hf.timesteps import SPACINGS, spaced_timesteps
from ddpm_hf.variance import FIXED_VARIANCES, LEARNED_VARIANCES
from tests.conftest import tiny_unet


def stock(scheduler, float64=False):
    twin = diffusers.DDPMScheduler.from_config(scheduler.config)
    if float64:
        t = torch.arange(len(scheduler)) + 1
        twin.betas = scheduler.schedule.beta(t - 1, t)
        twin.alphas = 1 - twin.betas
        twin.alphas_cumprod = twin.alphas.cumprod(0)
        twin.one = torch.ones((), dtype=torch.float64)
    return twin


@torch.no_grad()
def chain(scheduler, unet, K, shape=(1, 3, 8, 8)):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=generator)
    scheduler.set_timesteps(K)
    for t in scheduler.timesteps:
        x = scheduler.step(unet(x, t).sample, t, x, generator=generator).prev_sample
    return x


@pytest.mark.slow
def test_whole_chain_equals_stock():
    """T = 2000, same network, same generator, float32."""
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(3, 3, 3, padding=1)  # each of the steps must cost little

    def unet(x, t):
        return UNet2DOutput(torch.tanh(layer(x)))

    ours = DDPMScheduler()
    x = chain(ours, unet, 2000)
    assert (x - chain(stock(ours, float64=True), unet, 2000)).abs().max() <= 1e-6
    assert (x - chain(stock(ours), unet, 2000)).abs().max() <= 2e-4


@pytest.mark.parametrize("K", [10, 30, 50])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"variance_type": "fixed_large"},
        {"prediction_type": "v_prediction"},
        {"prediction_type": "sample", "thresholding": True},
        {"beta_schedule": "squaredcos_cap_v2", "clip_sample": False, "prediction_type": "sample"},
        {"timestep_spacing": "linspace"},
    ],
)
def test_short_chains_equal_stock(K, changes):
    unet, ours = tiny_unet(), DDPMScheduler(**changes)
    x = chain(ours, unet, K)
    assert (x - chain(stock(ours, float64=True), unet, K)).abs().max() <= 1e-6
    # Stock's float32 tables are the whole difference; its cosine table is the least exact.
    bound = 1e-4 if ours.config.beta_schedule == "squaredcos_cap_v2" else 1e-5
    assert (x - chain(stock(ours), unet, K)).abs().max() <= bound


@pytest.mark.parametrize(
    "bounds",
    [{"clip_sample": False}, {"clip_sample_range": 0.5}, {"thresholding": True}],
    ids=["free", "clipped", "thresholded"],
)
@pytest.mark.parametrize(
    "variance", ["fixed_small", "fixed_small_log", "fixed_large", "learned", "learned_range"]
)
@pytest.mark.parametrize("kind", PREDICTIONS)
def test_a_step_equals_stocks(kind, variance, bounds, seeded):
    """Far out of the range of pictures, and by another measure for each picture of the batch."""
    ours = DDPMScheduler(
        prediction_type=kind, variance_type=variance, sample_max_value=2.0, **bounds
    )
    theirs = stock(ours, float64=True)
    shape, rng = (3, 3, 8, 8), seeded()
    x, output, v = (torch.randn(shape, generator=rng) for _ in range(3))
    output *= torch.tensor([0.5, 1.5, 4]).reshape(3, 1, 1, 1)
    if variance in LEARNED_VARIANCES:
        output = torch.cat([output, v.tanh() if variance == "learned_range" else v**2], 1)
    for scheduler in (ours, theirs):
        scheduler.set_timesteps(50)
    for t in (1960, 1000, 40, 0):
        both = (s.step(output, t, x, generator=seeded(1)) for s in (ours, theirs))
        for mine, its in zip(*(step.to_tuple() for step in both), strict=True):
            torch.testing.assert_close(mine, its.float(), rtol=1e-5, atol=1e-5)


def test_a_variance_of_any_type_can_be_asked_for():
    """As diffusers has it: whatever the scheduler's own is."""
    small, large = (
        DDPMScheduler(variance_type=kind)._get_variance(100, variance_type="fixed_large")
        for kind in ("fixed_small", "fixed_large")
    )
    assert small == large > DDPMScheduler()._get_variance(100)


def test_bare_scheduler_is_the_notes_schedule():
    scheduler = DDPMScheduler()
    assert len(scheduler) == 2000
    assert scheduler.timesteps.tolist() == list(range(1999, -1, -1))
    assert float(scheduler.alphas_cumprod[-1]) == pytest.approx(1.6288e-9, rel=1e-4)


def test_configs_cross_over_in_memory_and_on_disk(tmp_path):
    assert len(DDPMScheduler.from_config(diffusers.DDPMScheduler().config)) == 1000
    assert len(diffusers.DDPMScheduler.from_config(DDPMScheduler().config)) == 2000
    DDPMScheduler(variance_type="fixed_large").save_pretrained(tmp_path)
    read = diffusers.DDPMScheduler.from_pretrained(tmp_path)
    assert (len(read), read.config.variance_type) == (2000, "fixed_large")
    assert len(DDPMScheduler.from_pretrained(tmp_path)) == 2000


def settings(scheduler):
    return {k: v for k, v in scheduler.config.items() if not k.startswith("_")}


CONFIGS = [
    {},
    {
        "num_train_timesteps": 500,
        "beta_schedule": "scaled_linear",
        "variance_type": "learned_range",
    },
    {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "steps_offset": 1},
    {"trained_betas": [0.1, 0.2, 0.3], "num_train_timesteps": 3, "timestep_spacing": "trailing"},
]


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"num_train_timesteps": 100}, "Raise beta_end or num_train_timesteps, or set rescale"),
        ({"beta_schedule": "laplace"}, "noise. Set rescale"),
        ({"trained_betas": [0.01] * 100}, "noise. Set rescale"),
    ],
)
def test_an_outline_is_told_with_what_helps(changes, remedy):
    with pytest.warns(UserWarning, match=remedy):
        DDPMScheduler(**changes)
    DDPMScheduler(**changes, rescale_betas_zero_snr=True)


@pytest.mark.filterwarnings("ignore:√ᾱ_T")
@pytest.mark.parametrize("changes", CONFIGS)
@pytest.mark.parametrize("on_disk", [False, True], ids=["memory", "disk"])
@pytest.mark.parametrize("first", [DDPMScheduler, diffusers.DDPMScheduler])
def test_configs_come_back_from_a_round_trip(first, on_disk, changes, tmp_path):
    second = diffusers.DDPMScheduler if first is DDPMScheduler else DDPMScheduler
    start = scheduler = first(**changes)
    for n, cls in enumerate((second, first)):
        if on_disk:
            scheduler.save_pretrained(tmp_path / str(n))
            scheduler = cls.from_pretrained(tmp_path / str(n))
        else:
            scheduler = cls.from_config(scheduler.config)
        assert type(scheduler) is cls
        assert settings(scheduler) == settings(start)
    torch.testing.assert_close(scheduler.alphas_cumprod, start.alphas_cumprod, rtol=0, atol=0)


@pytest.mark.parametrize("given", [{}, {"beta_end": 0.03}, settings(DDPMScheduler())])
def test_a_config_has_the_same_keys_saved_and_read_as_constructed(given, tmp_path):
    """Those of stock's that is read from a file, where no value is a default."""
    ours = DDPMScheduler(**given)
    ours.save_pretrained(tmp_path)
    assert dict(DDPMScheduler.from_pretrained(tmp_path).config) == dict(ours.config)
    assert dict(DDPMScheduler.from_config(ours.config).config) == dict(ours.config)
    stocks = diffusers.DDPMScheduler.from_pretrained(tmp_path).config
    assert dict(stocks) == dict(ours.config)


def test_other_schedulers_take_our_config():
    for name in ("DDIMScheduler", "DPMSolverMultistepScheduler", "EulerDiscreteScheduler"):
        assert (
            getattr(diffusers, name)
            .from_config(DDPMScheduler().config)
            .config["num_train_timesteps"]
            == 2000
        )


@given(st.data(), st.sampled_from(SPACINGS), st.integers(1, 2000), st.integers(0, 3))
def test_timesteps_are_exactly_K_and_fall(data, spacing, T, offset):
    K = data.draw(st.integers(1, T))
    steps = spaced_timesteps(T, K, spacing, offset)
    assert len(steps) == K
    assert all(a > b for a, b in itertools.pairwise(steps))
    assert steps[-1] >= 0 and steps[0] < T


def test_visible_steps_begin_where_half_a_grey_level_is_left():
    scheduler = DDPMScheduler(timestep_spacing="visible")
    scheduler.set_timesteps(12)
    first, last = int(scheduler.timesteps[0]) + 1, int(scheduler.timesteps[-1]) + 1
    half = 1 / 256
    assert scheduler.schedule.alpha_bar(first).sqrt() >= half
    assert scheduler.schedule.alpha_bar(first + 1).sqrt() < half
    assert last == round(first / 12)
    for K in (first, first + 1, 2000):
        scheduler.set_timesteps(K)
        assert scheduler.timesteps.tolist() == list(range(K))[::-1]
    short = DDPMScheduler(10, beta_start=0.5, beta_end=0.7, timestep_spacing="visible")
    short.set_timesteps(4)
    assert int(short.timesteps[0]) == 9, "all of it is visible"


def test_quadratic_steps_grow_evenly():
    steps = [t + 1 for t in spaced_timesteps(2000, 10, "quadratic")][::-1]
    assert steps == [20, 80, 180, 320, 500, 720, 980, 1280, 1620, 2000]
    assert spaced_timesteps(2000, 2000, "quadratic") == list(range(1999, -1, -1))


@pytest.mark.filterwarnings("ignore:√ᾱ_T")
@given(
    st.data(),
    st.integers(2, 60),
    st.fixed_dictionaries(
        {
            "beta_schedule": st.sampled_from(list(SCHEDULES)),
            "beta_end": st.floats(1e-3, 0.9),
            "variance_type": st.sampled_from((*FIXED_VARIANCES, "learned_range")),
            "prediction_type": st.sampled_from(list(PREDICTIONS)),
            "clip_sample": st.booleans(),
            "thresholding": st.booleans(),
            "timestep_spacing": st.sampled_from(SPACINGS),
            "steps_offset": st.integers(0, 3),
            "rescale_betas_zero_snr": st.booleans(),
        }
    ),
)
def test_any_schedule_any_K_any_spacing(data, T, config):
    """Exactly K falling timesteps, all outputs finite, no noise on the last step."""
    K = data.draw(st.integers(1, T))
    scheduler = DDPMScheduler(num_train_timesteps=T, **config)
    scheduler.set_timesteps(K)
    timesteps = scheduler.timesteps.tolist()
    assert len(timesteps) == K and timesteps[0] < T and timesteps[-1] >= 0
    assert all(a > b for a, b in itertools.pairwise(timesteps))

    x = torch.randn(1, 2, 2, 2, generator=torch.Generator().manual_seed(0))
    outputs = torch.cat([x, x], 1) if config["variance_type"] == "learned_range" else x
    for t in scheduler.timesteps:
        ends = [
            scheduler.step(outputs, t, x, generator=torch.Generator().manual_seed(seed))
            for seed in (1, 2)
        ]
        assert ends[0].prev_sample.isfinite().all()
        assert ends[0].pred_original_sample.isfinite().all()
        noisy = not torch.equal(ends[0].prev_sample, ends[1].prev_sample)
        assert noisy == (int(t) != timesteps[-1])


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("K", [1, 7, 500, 501, 600, 999, 1000])
def test_chains_start_near_pure_noise(spacing, K):
    """Where stock's `leading` starts at t = 599 of 1000 for K = 600, on pure noise."""
    first = spaced_timesteps(1000, K, spacing)[0]
    assert first >= 1000 - 2 * (1000 // K) - 1 or K == 1


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("kind", ["fixed_small", "fixed_large"])
def test_last_step_adds_no_noise(spacing, kind):
    scheduler = DDPMScheduler(variance_type=kind, timestep_spacing=spacing)
    scheduler.set_timesteps(10)
    x, t = torch.zeros(1, 3, 8, 8), scheduler.timesteps[-1]
    results = [
        scheduler.step(x, t, x, generator=torch.Generator().manual_seed(s)).prev_sample
        for s in (0, 1)
    ]
    assert torch.equal(*results)
    assert torch.equal(results[0], x)


def test_noise_is_between_the_bounds_and_scales():
    scheduler = DDPMScheduler()
    x, t = torch.zeros(1, 3, 64, 64), 10
    std = {}
    for kind in ("fixed_small", "fixed_large"):
        scheduler = DDPMScheduler(variance_type=kind)
        out = scheduler.step(x, t, x, generator=torch.Generator().manual_seed(0))
        std[kind] = float(out.prev_sample.std())
    assert std["fixed_small"] < std["fixed_large"]
    out = scheduler.step(x, t, x, generator=torch.Generator().manual_seed(0), noise_scale=2.0)
    assert float(out.prev_sample.std()) == pytest.approx(2 * std["fixed_large"], rel=1e-5)
    out = scheduler.step(x, t, x, noise_scale=0)
    assert torch.equal(out.prev_sample, x)


def test_learned_variance_spans_the_bounds():
    scheduler = DDPMScheduler(variance_type="learned_range")
    ends = torch.tensor([-1.0, 1.0])
    small, large = (
        DDPMScheduler(variance_type=kind)._get_variance(100)
        for kind in ("fixed_small", "fixed_large")
    )
    spanned = scheduler._get_variance(100, ends)
    torch.testing.assert_close(spanned.double(), torch.stack([small, large]), rtol=1e-5, atol=0)
    with pytest.raises(ValueError, match="twice as many output channels"):
        scheduler.step(torch.zeros(1, 3, 2, 2), 100, torch.zeros(1, 3, 2, 2))


@pytest.mark.parametrize(
    "settings",
    [{"num_train_timesteps": 2000, "beta_end": 0.3}, {"num_train_timesteps": 30_000}],
    ids=["large β", "large T"],
)
@pytest.mark.parametrize("predicted", [0.0, 1.0], ids=["no noise", "all noise"])
def test_no_signal_left_in_float32_divides_by_something(settings, predicted):
    scheduler = DDPMScheduler(**settings, clip_sample=False, timestep_spacing="trailing")
    scheduler.set_timesteps(10)
    x = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    for t in scheduler.timesteps[:3]:
        step = scheduler.step(predicted * x, t, x, noise_scale=0)
        assert step.prev_sample.isfinite().all() and step.pred_original_sample.isfinite().all()


@pytest.mark.parametrize("kind", PREDICTIONS)
@pytest.mark.parametrize("widest", ["model", "sample"])
def test_a_step_keeps_the_wider_precision(kind, widest):
    """Under autocast a network says in bfloat16 what it sees in float32."""
    scheduler = DDPMScheduler(prediction_type=kind)
    output, x = torch.randn(1, 3, 8, 8), torch.randn(1, 3, 8, 8)
    output, x = (output, x.bfloat16()) if widest == "model" else (output.bfloat16(), x)
    assert scheduler.step(output, 1000, x, noise_scale=0).prev_sample.dtype == torch.float32


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_every_timestep_adds_noise_in_half_precision(dtype):
    scheduler = DDPMScheduler(num_train_timesteps=1000)
    t = torch.arange(1000)
    shape = (1000, 1, 1, 1)
    noisy = scheduler.add_noise(torch.zeros(shape, dtype=dtype), torch.ones(shape, dtype=dtype), t)
    exact = scheduler.schedule.noise_var(t + 1).sqrt()
    torch.testing.assert_close(noisy.flatten().double(), exact, rtol=0.01, atol=0)


def test_add_noise_and_velocity_equal_stock():
    ours = DDPMScheduler()
    x, z, t = torch.randn(4, 3, 8, 8), torch.randn(4, 3, 8, 8), torch.tensor([0, 5, 999, 1999])
    torch.testing.assert_close(ours.add_noise(x, z, t), stock(ours).add_noise(x, z, t))
    torch.testing.assert_close(ours.get_velocity(x, z, t), stock(ours).get_velocity(x, z, t))


@pytest.mark.parametrize("spacing", ["linspace", "trailing"])
@pytest.mark.parametrize("T", [1000, 2000])
def test_timesteps_equal_stock_for_every_number_of_steps(T, spacing):
    """But for one step alone, and the step too many that stock's `trailing` sometimes has."""
    twin = stock(DDPMScheduler(T, timestep_spacing=spacing))
    for K in range(2, T + 1):
        twin.set_timesteps(K)
        assert spaced_timesteps(T, K, spacing) == twin.timesteps.tolist()[:K]


def test_an_offset_moves_leading_steps_as_stocks():
    twin = stock(DDPMScheduler(1000, timestep_spacing="leading", steps_offset=3))
    twin.set_timesteps(10)
    assert spaced_timesteps(1000, 10, "leading", 3) == twin.timesteps.tolist()


def test_timesteps_may_be_assigned_as_in_stock():
    ours, twin = DDPMScheduler(1000), stock(DDPMScheduler(1000))
    for scheduler in (ours, twin):
        scheduler.set_timesteps(10)
        scheduler.timesteps = scheduler.timesteps[::2]
    for t in twin.timesteps:
        assert ours.previous_timestep(t) == twin.previous_timestep(t)
    with pytest.raises(ValueError, match="strictly decreasing"):
        ours.timesteps = torch.tensor([3, 5])


@pytest.mark.parametrize("K", [None, 7, 50])
def test_previous_timestep_equals_stock(K):
    ours = DDPMScheduler()
    twin = stock(ours)
    if K is not None:
        ours.set_timesteps(K)
        twin.set_timesteps(K)
    for t in ours.timesteps:
        assert int(ours.previous_timestep(t)) == int(twin.previous_timestep(t))


def pictures(*shape):
    return (torch.randn(*shape, dtype=torch.float64) for _ in range(2))


def test_methods_are_the_equations_at_one_timestep_less():
    """`timesteps` is the paper's t − 1, for one number and for one each."""
    ours = DDPMScheduler()
    table = ours.schedule
    x, z = pictures(3, 1, 2, 2)
    batches = torch.tensor([5, 999, 2000]), torch.tensor([0, 998, 40])
    for t, s in (batches, (5, 0)):
        expected = {
            ours.add_noise: (eq.q_sample(table, x, z, t), (x, z, t - 1)),
            ours.add_noise_step: (eq.q_step(table, x, z, t), (x, z, t - 1)),
            ours.add_noise_between: (eq.q_merge(table, x, z, s, t), (x, z, s - 1, t - 1)),
            ours.get_velocity: (eq.evaluate(velocity, eq.rates(table, t), x, z), (x, z, t - 1)),
            ours.posterior: (eq.posterior(table, x, z, s, t), (x, z, t - 1, s - 1)),
            ours.posterior_mean_from_noise: (
                eq.posterior_mean_from_noise(table, x, z, s, t),
                (x, z, t - 1, s - 1),
            ),
            ours.posterior_weights: (eq.posterior_weights(table, s, t), (t - 1, s - 1)),
        }
        for method, (result, arguments) in expected.items():
            torch.testing.assert_close(method(*arguments), result, rtol=0, atol=0)


@pytest.mark.parametrize("kind", PREDICTIONS)
def test_a_learned_variance_is_no_part_of_the_prediction(kind):
    ours, x, t = DDPMScheduler(prediction_type=kind), torch.randn(1, 3, 8, 8), 700
    output = torch.randn(1, 6, 8, 8)
    for predict in (ours.predict_original_sample, ours.predict_noise):
        assert torch.equal(predict(output, t, x), predict(output[:, :3], t, x))


@pytest.mark.parametrize("kind", PREDICTIONS)
def test_one_jump_back_undoes_the_jump_forward(kind):
    ours = DDPMScheduler(prediction_type=kind)
    x, z = pictures(3, 1, 2, 2)
    t = torch.tensor([0, 700, 1999])
    x_t = ours.add_noise(x, z, t)
    said = {"epsilon": z, "sample": x, "v_prediction": ours.get_velocity(x, z, t)}[kind]
    torch.testing.assert_close(ours.predict_original_sample(said, t, x_t), x, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(ours.predict_noise(said, t, x_t), z, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("timesteps", [2000, -2, torch.tensor([5, 2000]), torch.tensor([-2, 5])])
def test_timesteps_outside_the_schedule_are_refused(timesteps):
    x, z = pictures(2, 1, 2, 2)
    with pytest.raises(ValueError, match="timesteps must be in"):
        DDPMScheduler().add_noise(x, z, timesteps)


def test_weights_are_exact_after_the_cast_to_float32():
    """Each number of a step as float32 takes it, against 50 digits."""
    mpmath.mp.dps = 50
    ours = DDPMScheduler()
    ours.set_timesteps(50)
    bars = [mpmath.mpf(1)]
    for beta in linear_betas(2000).tolist():
        bars.append(bars[-1] * (1 - mpmath.mpf(beta)))
    for t in ours.timesteps.tolist():
        w = ours._plan.at(t)
        a_t, a_s = bars[t + 1], bars[w.prev_timestep + 1]
        beta = 1 - a_t / a_s
        exact = [
            mpmath.sqrt(a_t),
            mpmath.sqrt(1 - a_t),
            mpmath.sqrt(a_t / a_s) * (1 - a_s) / (1 - a_t),
            mpmath.sqrt(a_s) * beta / (1 - a_t),
            mpmath.sqrt((1 - a_s) / (1 - a_t) * beta),
            mpmath.sqrt(beta),
        ]
        weights = [*w.rates, *w.mean, w.std_small, w.std_large]
        for place, (weight, value) in enumerate(zip(weights, exact, strict=True)):
            for cast, bound in ((float, 1e-12), (np.float32, 1e-6)):
                error = abs(mpmath.mpf(float(cast(weight))) - value)
                assert error <= bound * value, (place, t, cast)


@pytest.mark.parametrize(
    "arguments",
    [
        {"num_inference_steps": 0},
        {"num_inference_steps": -5},
        {"num_inference_steps": 2001},
        {"timesteps": []},
        {"timesteps": [3, 5]},
        {"timesteps": [5, 5]},
        {"timesteps": [5, -1]},
        {"timesteps": [2000, 1]},
        {"timesteps": [5, 1], "num_inference_steps": 2},
    ],
)
def test_bad_timesteps_are_refused(arguments):
    with pytest.raises(ValueError, match=r"must be|not both"):
        DDPMScheduler().set_timesteps(**arguments)


def test_half_a_step_is_refused():
    with pytest.raises(TypeError):
        DDPMScheduler().set_timesteps(2.5)


def test_a_config_of_a_dpm_solver_is_taken():
    """Its variance_type is None."""
    config = diffusers.DPMSolverMultistepScheduler().config
    ours = DDPMScheduler.from_config(config)
    assert ours.variance_type == "fixed_small"


def test_unknown_names_raise_where_they_are_used():
    with pytest.raises(NotImplementedError, match="linear, scaled_linear"):
        DDPMScheduler(beta_schedule="quadratic")
    x = torch.zeros(1, 1, 2, 2)
    for changes in ({"variance_type": "tiny"}, {"prediction_type": "score"}):
        scheduler = DDPMScheduler(**changes)
        with pytest.raises(ValueError, match="must be"):
            scheduler.step(x, 5, x)
    with pytest.raises(ValueError, match="must be leading"):
        DDPMScheduler(timestep_spacing="random").set_timesteps(10)
    scheduler = DDPMScheduler()
    scheduler.set_timesteps(10)
    with pytest.raises(ValueError, match="not among those set"):
        scheduler.step(x, 3, x)


@pytest.mark.soak
def test_whole_chain_of_the_bundled_model_equals_stock():
    """All T = 2000 steps of the trained network; about two minutes."""
    pipe = DDPMPipeline.from_pretrained("cats-32")
    shape = (1, 3, 32, 32)
    x = chain(pipe.scheduler, pipe.unet, 2000, shape)
    exact = chain(stock(pipe.scheduler, float64=True), pipe.unet, 2000, shape)
    assert (x - exact).abs().max() <= 1e-6
    assert (x - chain(stock(pipe.scheduler), pipe.unet, 2000, shape)).abs().max() <= 2e-4


@pytest.mark.parametrize("name", ["HeunDiscrete", "LCM", "DDIM", "DPMSolverMultistep"])
def test_another_scheduler_and_back_again_changes_nothing(name):
    """Heun and LCM have another β by default; what stands in our config is no default to them."""
    ours = DDPMScheduler(1000)
    other = getattr(diffusers, f"{name}Scheduler").from_config(ours.config)
    assert torch.allclose(other.betas, ours.betas, rtol=1e-5)
    back = DDPMScheduler.from_config(other.config)
    known = set(inspect.signature(DDPMScheduler).parameters)
    assert {k: back.config[k] for k in known} == {k: ours.config[k] for k in known}


def test_a_step_in_inference_mode_leaves_later_ones_differentiable():
    ours, x = DDPMScheduler(), torch.ones(1, 3, 4, 4)
    with torch.inference_mode():
        ours.step(x, 500, x)
    x.requires_grad_()
    ours.step(x, 500, x).prev_sample.sum().backward()
    assert x.grad is not None


@pytest.mark.parametrize(
    "pair",
    [
        (5, 900),
        (7, 7),
        (torch.tensor([3, 9]), torch.tensor([2, 8])),
        (torch.tensor([4, 9]), torch.tensor([5, 5])),  # the second alone
    ],
)
def test_steps_in_the_wrong_order_are_refused(pair):
    ours, (x, z) = DDPMScheduler(), pictures(2, 2, 3, 8)
    low, high = pair
    if isinstance(low, torch.Tensor):
        low, high = high, low
    for refused in (
        lambda: ours.posterior(x, z, low, high),
        lambda: ours.add_noise_between(x, z, high, low),
        lambda: ours.posterior_mean_from_noise(x, z, low, high),
        lambda: ours.posterior_weights(low, high),
    ):
        with pytest.raises(ValueError, match="prev_timesteps must be below timesteps"):
            refused()
    if isinstance(low, int):  # numbers are seen without a wait, wherever the pictures are
        with pytest.raises(ValueError, match="prev_timesteps must be below timesteps"):
            ours.posterior(x.to("meta"), z.to("meta"), low, high)
    with pytest.raises(ValueError, match="timesteps must be in"):
        ours.add_noise_step(x, z, -1)


@pytest.mark.parametrize("timestep", [500.5, "500", torch.tensor(500.5)])
def test_half_a_timestep_is_refused(timestep):
    ours, x = DDPMScheduler(), torch.ones(1, 3, 4, 4)
    with pytest.raises(ValueError, match="is not among those set"):
        ours.step(x, timestep, x)
    with pytest.raises(ValueError, match="whole numbers"):
        ours.set_timesteps(timesteps=[timestep])
