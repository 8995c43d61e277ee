import gc
import os

import accelerate
import pytest
import torch
from accelerate.state import AcceleratorState, GradientState, PartialState
from diffusers import UNet2DModel
from huggingface_hub import constants
from hypothesis import settings

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.data import cats
from ddpm_hf.data.examples import Example
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.network import make_model
from ddpm_hf.training.state import TrainingState
from tests.hub import TOKEN, running_hub
from tests.pictures import dataset_of, picture
from tests.preloaded import preloaded
from tests.runs import TINY

settings.register_profile("busy", deadline=None)  # the machine may be busy
settings.load_profile("busy")


def pytest_collection_modifyitems(config, items):
    """Leave out what needs a GPU where there is none: nothing is skipped, it is not there."""
    if not torch.cuda.is_available():
        left_out = [item for item in items if item.get_closest_marker("gpu")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_collection_finish():
    """Each training run collects garbage: among what it made, not among all that is imported."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With DDPM_NO_SKIP set, a test that would be skipped fails: `.ci/run` must miss nothing."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("DDPM_NO_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but DDPM_NO_SKIP is set: {report.longrepr}"
    return report


def tiny_unet(channels=3, size=8, **changes):
    torch.manual_seed(0)
    settings = {
        "sample_size": size,
        "in_channels": channels,
        "out_channels": channels,
        "layers_per_block": 1,
        "block_out_channels": (8, 16),
        "norm_num_groups": 4,
        "attention_head_dim": 8,
        "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
        "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
    }
    return UNet2DModel(**{**settings, **changes}).eval()


def knowing_pipeline():
    """A network that knows each picture is the same: x_0 = 0.5 everywhere."""
    unet = tiny_unet(1)
    pipe = DDPMPipeline(unet=unet, scheduler=DDPMScheduler())
    schedule = pipe.scheduler.schedule

    def knows(module, args, output):
        t = int(args[1]) + 1
        signal = float(schedule.alpha_bar(t).sqrt()) * 0.5
        return ((args[0] - signal) / float(schedule.noise_var(t).sqrt()),)

    unet.register_forward_hook(knows)
    return pipe


@pytest.fixture
def pipeline():
    pipe = DDPMPipeline(unet=tiny_unet(), scheduler=DDPMScheduler())
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture
def seeded():
    def generator(seed=0):
        return torch.Generator().manual_seed(seed)

    return generator


BLACK_IMAGES = [Example(torch.zeros(1, 8, 8, dtype=torch.uint8), 0)] * 8


@pytest.fixture
def small_state():
    """The state of a run on `BLACK_IMAGES`, which a test moves on by itself."""

    def make(precision="no", **changes):
        for state in (AcceleratorState, PartialState, GradientState):
            state._reset_state()
        accelerator = accelerate.Accelerator(
            cpu=True, mixed_precision=None if precision == "fp16" else precision
        )
        if precision == "fp16":  # which Accelerate refuses on a CPU
            accelerator.state._mixed_precision = precision
            accelerator.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        config = TrainConfig(**{**TINY, "block_out_channels": (8, 16), **changes})
        return TrainingState(config, make_model(config, 1, []), accelerator, len(BLACK_IMAGES))

    return make


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    """The folder of a data set of ten small pictures, in its column `img`."""
    path = tmp_path_factory.mktemp("data")
    dataset_of([picture(seed=i) for i in range(10)], "img").to_parquet(path / "train.parquet")
    return path


@pytest.fixture(scope="session")
def hub_and_its_processes(tmp_path_factory):
    """A Hub, and where processes that know it are forked; they share a cache."""
    with running_hub() as hub:
        yield hub, preloaded(**hub.environment(tmp_path_factory.mktemp("home")))


@pytest.fixture
def hub(hub_and_its_processes):
    """The Hub, empty."""
    hub, _ = hub_and_its_processes
    hub.forget()
    return hub


@pytest.fixture
def online(hub, monkeypatch, tmp_path):
    """The Hub, for the client in this process, which is logged in; with a cache of its own."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    for name, value in (
        ("ENDPOINT", hub.url),
        ("HUGGINGFACE_CO_URL_TEMPLATE", f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"),
        ("HF_HUB_OFFLINE", False),
        ("HF_HUB_DISABLE_XET", True),
        ("HF_HUB_CACHE", str(tmp_path / "cache")),
    ):
        monkeypatch.setattr(constants, name, value)
    return hub


@pytest.fixture
def on_hub(hub_and_its_processes):
    """Where processes are forked that know the Hub."""
    return hub_and_its_processes[1]


@pytest.fixture(params=["few", pytest.param("all", marks=pytest.mark.soak)])
def world(request, monkeypatch):
    """Four drawings of each layer, of which all cats are soon composed; or all drawings."""
    if request.param == "few":
        drawings = tuple(layer[:4] for layer in cats._drawings())
        monkeypatch.setattr(cats, "_drawings", lambda: drawings)
        monkeypatch.setattr(cats, "SPLITS", {"train": 400, "test": 100})
    cats.choose.cache_clear()
    yield request.param
    cats.choose.cache_clear()
