"""Each place where diffusers 0.42.1 is wrong, by the numbers of docs/stock.md.

Its lines are run with stock and with ours; what no line shows is run with ours and, expecting
failure, with stock. The day diffusers mends one, it turns red and tells us.
"""

import functools
import re
import types
import warnings
from pathlib import Path

import diffusers
import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import ddpm_hf
from tests.conftest import tiny_unet

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers.*")
TABLE = (Path(__file__).parent.parent / "docs" / "stock.md").read_text()
KARRAS = [
    "DDIMScheduler",
    "DDPMScheduler",
    "PNDMScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "KDPM2DiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "DEISMultistepScheduler",
    "UniPCMultistepScheduler",
    "EDMEulerScheduler",
]
"""All of KarrasDiffusionSchedulers but two that need scipy or torchsde."""


@pytest.fixture(
    params=[
        "ours",
        pytest.param("stock", marks=pytest.mark.xfail(strict=True, reason="stock is wrong here")),
    ]
)
def library(request):
    home = {"ours": ddpm_hf, "stock": diffusers}[request.param]
    scheduler = functools.partial(home.DDPMScheduler, num_train_timesteps=1000)

    def pipeline(unet=None, scheduler=scheduler):
        pipe = home.DDPMPipeline(unet=unet or tiny_unet(), scheduler=scheduler())
        pipe.set_progress_bar_config(disable=True)
        return pipe

    return types.SimpleNamespace(scheduler=scheduler, pipeline=pipeline)


def zeros(channels=3):
    return torch.zeros(1, channels, 8, 8)


def set_to(scheduler, *args, **kwargs):
    scheduler.set_timesteps(*args, **kwargs)
    return scheduler


def pixels(pipe, K=10, seed=0, **changes):
    generator = torch.Generator().manual_seed(seed)
    return pipe(generator=generator, num_inference_steps=K, output_type="np", **changes).images


def test_1_learned_variance_without_its_channels_is_explained(library):
    with pytest.raises(ValueError, match="twice as many output channels"):
        library.scheduler(variance_type="learned_range").step(zeros(), 500, zeros())


def test_2_last_of_custom_steps_adds_no_noise(library):
    scheduler = library.scheduler(variance_type="fixed_large")
    set_to(scheduler, timesteps=[900, 500, 100])
    assert float(scheduler.step(zeros(), scheduler.timesteps[-1], zeros()).prev_sample.std()) == 0


class Copies(TorchDispatchMode):
    """Counts casts and moves between devices."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += "_to_copy" in str(function)
        return function(*args, **(kwargs or {}))


def test_10_no_table_is_moved_or_cast_in_a_step(library):
    scheduler, x = set_to(library.scheduler(), 10, device="meta"), zeros().to("meta")
    scheduler.step(x, 900, x)  # rounds the table to the run's precision, on the CPU
    with Copies() as copies:
        for t in range(800, -1, -100):
            scheduler.step(x, t, x)
    assert copies.count == 0


@pytest.mark.parametrize(
    "extra",
    [
        {"noise_scale": 0.5},
        {"callback_on_step_end": lambda pipe, i, t, kwargs: kwargs},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_11_arguments_that_people_ask_for(library, extra):
    assert pixels(library.pipeline(), **extra).shape == (1, 8, 8, 3)


def test_11_custom_timesteps(library):
    images = library.pipeline()(timesteps=[900, 500, 0], output_type="np").images
    assert images.shape == (1, 8, 8, 3)


def test_11_class_labels(library):
    pipe = library.pipeline(tiny_unet(num_class_embeds=4))
    one, two = pixels(pipe, class_labels=1), pixels(pipe, class_labels=2)
    assert not np.array_equal(one, two)


def test_11_euler_begins_at_its_own_noise_level(library):
    """A network that finds no noise leaves x_T as it is: for Euler 157 times a picture's range."""
    unet = tiny_unet()
    unet.conv_out.weight.data.zero_()
    unet.conv_out.bias.data.zero_()
    images = pixels(library.pipeline(unet, diffusers.EulerDiscreteScheduler))
    assert np.isin(images, [0, 1]).mean() > 0.95


@pytest.mark.parametrize("name", KARRAS)
def test_11_each_scheduler_of_diffusers_samples(name, seeded):
    """Ours alone: stock runs most of these, and gets garbage out of some."""
    scheduler = getattr(diffusers, name)()
    pipe = ddpm_hf.DDPMPipeline(unet=tiny_unet(), scheduler=scheduler)
    steps = pipe.stream(2, seeded(), 8)
    count = 0
    for step in steps:
        count += 1
        assert step.sample.isfinite().all() and step.pred_original_sample.isfinite().all()
    assert count == len(steps) >= 8
    assert type(pipe.scheduler) is type(scheduler) or name == "DDPMScheduler"


@pytest.fixture(
    params=[
        "ours",
        pytest.param("stock", marks=pytest.mark.xfail(strict=True, reason="stock is wrong here")),
    ]
)
def ddim(request):
    """A scheduler whose `step` takes eta, set to so many steps, by a network that predicts x_0."""
    home = {"ours": ddpm_hf.DDPMScheduler, "stock": diffusers.DDIMScheduler}[request.param]

    def scheduler(K, **config):
        return set_to(home(num_train_timesteps=1000, prediction_type="sample", **config), K)

    return scheduler


def test_ddim_leads_to_the_next_timestep(ddim):
    """Stock's stride is T // K whatever the spacing: x_s has the noise of another timestep."""
    scheduler = ddim(10, timestep_spacing="linspace")
    t, s = scheduler.timesteps[:2]
    noise_t, noise_s = ((1 - scheduler.alphas_cumprod[i]).sqrt() for i in (t, s))
    out = scheduler.step(zeros(), t, zeros() + noise_t, eta=0.0).prev_sample
    torch.testing.assert_close(out, zeros() + noise_s)


def test_ddims_last_step_is_the_picture(ddim):
    scheduler = ddim(7, timestep_spacing="trailing")
    out = scheduler.step(zeros(), scheduler.timesteps[-1], zeros(), eta=1.0).prev_sample
    assert float(out.std()) == 0


def test_ddim_of_eta_1_is_ddpm_where_x_0_is_clipped(ddim, seeded):
    """Stock takes the ẑ of an x̂_0 that it no longer has, unless told `use_clipped_model_output`."""
    scheduler = ddim(10)
    ddpm = set_to(diffusers.DDPMScheduler(prediction_type="sample"), 10)
    expected = ddpm.step(zeros() + 2, 500, zeros() + 1, generator=seeded()).prev_sample
    found = scheduler.step(zeros() + 2, 500, zeros() + 1, eta=1.0, generator=seeded()).prev_sample
    torch.testing.assert_close(found, expected)


def test_ddim_refuses_an_eta_above_1(ddim):
    """Where σ² is more than 1 − ᾱ_s, stock draws NaN."""
    with pytest.raises(ValueError, match="eta must be in"):
        ddim(10).step(zeros(), 100, zeros(), eta=20.0)


def test_ddim_takes_custom_timesteps(ddim):
    ddim(10).set_timesteps(timesteps=[900, 500, 0])


def rows():
    """(line, what stock prints, what ours prints) of each row of docs/stock.md."""
    text = TABLE.split("<!-- stock fails -->")[1].split("\n\n")[0]
    table = re.findall(r"^\| (\d+) \|(.*)$", text, re.M)
    assert {int(number) for number, _ in table} == set(range(1, 12))
    return [pytest.param(*re.findall(r"`(.+?)`", row)[-3:], id=number) for number, row in table]


def typed(line, names):
    """What the line gives when typed: its value, or the name of its error."""
    try:
        return str(eval(line, names))
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize(("line", "stock", "ours"), rows())
def test_the_table_says_what_its_lines_print(line, stock, ours):
    setup = TABLE.split("<!-- stock fails -->")[0].rsplit("```python\n", 1)[1].split("```")[0]
    for home, said in (("diffusers", stock), ("ddpm_hf", ours)):
        names = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(setup.replace("from ddpm_hf import", f"from {home} import"), names)
            assert typed(line, names) == said, home


def test_the_table_counts_the_spacings_that_stock_gets_wrong():
    wrong = 0
    scheduler = diffusers.DDPMScheduler(timestep_spacing="trailing")
    for K in range(1, 1001):
        scheduler.set_timesteps(K)
        wrong += len(scheduler.timesteps) != K
    assert wrong == 62 and "62 of 1000" in TABLE
