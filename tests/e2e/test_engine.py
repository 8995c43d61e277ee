"""The engine in headless Chromium: the pictures of `backend="eager"`, from static files."""

import numpy as np
import pytest
import torch

from ddpm_hf import DDPMPipeline, DDPMScheduler
from tests.e2e.conftest import free_port
from tests.e2e.engine_page import EnginePages, sampled
from tests.e2e.windows import listened

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def engine_pages():
    serving = EnginePages(free_port())
    yield serving
    serving.close()


@pytest.fixture
def page(engine_pages, browser):
    context = browser.new_context()
    opened = listened(context.new_page())
    opened.goto(engine_pages.url)
    yield opened
    away = [address for address in opened.requests if not address.startswith(engine_pages.url)]
    context.close()
    assert not (away or opened.errors), (away, opened.errors)


def by_eager(model, seed, number, steps, scheduler=None, **settings):
    """The pipeline's own pictures, as the page's: grey repeated."""
    pipe = DDPMPipeline.from_pretrained(model)
    pipe.set_progress_bar_config(disable=True)
    if scheduler is not None:
        pipe = pipe.with_scheduler(DDPMScheduler.from_config(pipe.scheduler.config, **scheduler))
    generator = torch.Generator().manual_seed(seed)
    images = pipe(number, generator, steps, backend="eager", **settings).images
    return np.stack([np.asarray(image.convert("RGB")) for image in images])


def assert_alike(pictures, expected):
    """Within one grey level; says how many pixels differ at all."""
    assert pictures.shape == expected.shape
    distance = np.abs(pictures.astype(int) - expected)
    print(f"{np.count_nonzero(distance)} of {distance.size} values differ, by {distance.max()}")
    assert distance.max() <= 1


def test_draws_what_eager_draws(page):
    pictures = sampled(page, "cats-32", seed=3, number=2, steps=10)
    assert_alike(pictures, by_eager("cats-32", 3, 2, 10))
