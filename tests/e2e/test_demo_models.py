"""Another model in the Generate view, on a server that allows it."""

import numpy as np
import pytest
from diffusers import DDIMScheduler
from diffusers import DDPMPipeline as StockPipeline
from diffusers import DDPMScheduler as StockScheduler
from playwright.sync_api import expect

from tests.conftest import tiny_unet
from tests.e2e.conftest import Server
from tests.e2e.test_demo import canvas
from tests.e2e.test_demo_generate import by_the_pages_script, tiled

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def open_server():
    running = Server(DDPM_ALLOW_MODELS="1")
    yield running
    running.process.terminate()
    running.process.wait(30)


@pytest.fixture
def page(open_server, browser):
    context = browser.new_context(locale="en-US")
    opened = context.new_page()
    opened.goto(open_server.url)
    opened.wait_for_selector("#generate")
    yield opened
    context.close()


def choose(page, name):
    box = page.locator("#model input")
    box.fill(str(name))
    box.press("Enter")


@pytest.mark.parametrize(
    "scheduler",
    [StockScheduler(500), StockScheduler(500, variance_type="fixed_large"), DDIMScheduler(500)],
)
def test_a_folders_model_draws_what_the_pages_script_does(page, tmp_path, scheduler):
    StockPipeline(tiny_unet(size=16), scheduler).save_pretrained(tmp_path / "mine")
    choose(page, f" {tmp_path / 'mine'} ")
    steps = page.locator("#steps input[type=number]")
    expect(steps).to_have_attribute("max", "500", timeout=30_000)  # it is loaded and tried first
    steps.fill("10")
    page.click("#generate")
    page.wait_for_selector("[data-complete=true]", timeout=60_000)
    width = page.evaluate("document.querySelector('canvas[data-part=noisy]').width")
    assert width == 32  # four pictures of 16 × 16
    assert np.array_equal(canvas(page, "noisy"), tiled(by_the_pages_script(page)))
    expect(page.locator("#model_banner")).to_be_hidden()


def test_a_model_that_is_not_there_is_told_and_the_bundled_one_draws(page):
    choose(page, "not a name")
    banner = page.locator("#model_banner")
    expect(banner).to_contain_text("There is no model not a name on the Hub, or it is private.")
    expect(banner).to_contain_text("cats-32 draws instead.")
    expect(page.locator("#model input")).to_have_value("cats-32")
    page.locator("#steps input[type=number]").fill("10")
    page.click("#generate")
    page.wait_for_selector("[data-complete=true]", timeout=60_000)
    expect(banner).to_be_visible()


def test_a_links_markdown_is_shown_as_it_is(page, open_server):
    """Else the page would fetch a stranger's picture, or lead to his site in our own words."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{open_server.url}?model=![x](http://127.0.0.1:9/t.png)[here](http://127.0.0.1:9/)")
    banner = page.locator("#model_banner")
    expect(banner).to_contain_text("no model ![x](http://127.0.0.1:9/t.png)[here]")
    assert banner.locator("a, img").count() == 0
    assert not any(url.startswith("http://127.0.0.1:9") for url in asked)


def test_without_leave_there_is_nothing_to_type(visit):
    page = visit()
    expect(page.locator("#model")).to_be_visible()
    choose(page, "someone/other")
    page.locator("#model input").blur()
    expect(page.locator("#model input")).to_have_value("cats-32")
