"""Another model in the Generate view, on a server that allows it."""

import numpy as np
import pytest
from diffusers import DDIMScheduler
from diffusers import DDPMPipeline as StockPipeline
from diffusers import DDPMScheduler as StockScheduler
from playwright.sync_api import expect

from tests.conftest import tiny_unet
from tests.e2e.conftest import Server
from tests.e2e.views import by_the_pages_script, canvas, generate
from tests.e2e.windows import visits

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def open_server():
    running = Server(DDPM_ALLOW_MODELS="1")
    yield running
    running.process.terminate()
    running.process.wait(30)


@pytest.fixture
def visit_open(open_server, windows):
    with visits(open_server.url, windows) as open_page:
        yield open_page


def choose(page, name):
    box = page.locator("#model input")
    box.fill(str(name))
    box.press("Enter")


def test_a_folders_model_draws_what_the_pages_script_does(visit_open, tmp_path):
    page = visit_open()
    steps = page.locator("#steps input[type=number]")
    for T, scheduler in (
        (500, StockScheduler(500)),
        (600, StockScheduler(600, variance_type="fixed_large")),
        (700, DDIMScheduler(700)),
    ):
        folder = tmp_path / str(T)
        StockPipeline(tiny_unet(size=16), scheduler).save_pretrained(folder)
        choose(page, f" {folder} ")
        expect(steps).to_have_attribute("max", str(T))  # it is loaded and tried first
        generate(page, steps=10, number=1)
        (picture,) = by_the_pages_script(page)
        assert picture.shape == (16, 16, 3) and np.array_equal(canvas(page, "noisy"), picture)
        expect(page.locator("#model_banner")).to_be_hidden()


def test_a_model_that_is_not_there_is_told_and_the_bundled_one_draws(visit_open):
    page = visit_open()
    choose(page, "not a name")
    banner = page.locator("#model_banner")
    expect(banner).to_contain_text("There is no model not a name on the Hub, or it is private.")
    expect(banner).to_contain_text("cats-32 draws instead.")
    expect(page.locator("#model input")).to_have_value("cats-32")
    generate(page, steps=10, number=1)
    expect(banner).to_be_visible()


def test_a_links_markdown_is_shown_as_it_is(visit_open):
    """Else the page would fetch a stranger's picture, or lead to his site in our own words."""
    page = visit_open("?model=![x](http://127.0.0.1:9/t.png)[here](http://127.0.0.1:9/)")
    banner = page.locator("#model_banner")
    expect(banner).to_contain_text("no model ![x](http://127.0.0.1:9/t.png)[here]")
    assert banner.locator("a, img").count() == 0
    assert not any(url.startswith("http://127.0.0.1:9") for url in page.requests)


def test_without_leave_there_is_nothing_to_type(visit):
    page = visit()
    expect(page.locator("#model")).to_be_visible()
    choose(page, "someone/other")
    page.locator("#model input").blur()
    expect(page.locator("#model input")).to_have_value("cats-32")
