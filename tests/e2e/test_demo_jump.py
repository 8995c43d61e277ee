"""One jump back beside many steps: the pictures are the pipeline's, the numbers are told."""

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import expect

from ddpm_hf.data.images import to_uint8
from ddpm_hf.demo.views.jump.view import FIRST_CHAIN
from ddpm_hf.demo.web.engine.plan import steps_down
from ddpm_hf.demo.web.picture.picture import cats, x_0_of
from ddpm_hf.equations import q_sample
from ddpm_hf.noise import image_generators
from tests.e2e.views import PHONE, answered, fill, fits_a_phone, open_tab, pixels, slide

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def figure(page, name, n=0):
    return page.locator(f"#jump-row figure[data-name={name}]").nth(n)


def picture(page, name, n=0):
    return pixels(figure(page, name, n).locator("canvas"))


def numbers(page, name, n=0):
    """Error in grey levels and sharpness in percent, as the page tells them."""
    words = figure(page, name, n).locator("figcaption").last.inner_text().split()
    return float(words[1]), float(words[4])


def opened(visit, **settings):
    page = visit(**settings)
    open_tab(page, "一步跳回" if settings.get("locale") == "zh-CN" else "One jump")
    return page


@pytest.fixture(scope="module")
def page(visit_shared):
    """One page for all tests in English."""
    return opened(visit_shared)


def run(page, **values):
    for name, value in values.items():
        fill(page, f"jump-{name}", value)
    told = page.locator("#jump-row [data-part=verdict]")
    told.evaluate("(verdict) => { verdict.textContent = ''; }")  # of the run before
    page.click("#jump-start")
    expect(told).not_to_be_empty()


def uint8(batch):
    return to_uint8(batch).permute(0, 2, 3, 1).numpy()


def test_jump_and_chains_are_the_pipelines(page, tiny):
    run(page, t=700, chains=2, seed=3)
    x_0 = x_0_of(None, 8)
    z = torch.randn(x_0.shape, generator=torch.Generator().manual_seed(3))
    x_t = q_sample(tiny.pipeline.scheduler.schedule, x_0, z, 700)
    arguments = {"timesteps": steps_down(700), "latents": x_t.expand(2, -1, -1, -1)}
    generators = image_generators(3, range(FIRST_CHAIN, FIRST_CHAIN + 2))
    steps = list(tiny.pipeline.stream(2, generators, **arguments))
    jump = steps[0].pred_original_sample[:1].float()
    assert np.array_equal(picture(page, "x0"), uint8(x_0)[0])
    assert np.array_equal(picture(page, "xt"), uint8(x_t)[0])
    assert np.array_equal(picture(page, "jump"), uint8(jump)[0])
    assert np.array_equal(picture(page, "mean"), uint8(steps[-1].sample.mean(0, keepdim=True))[0])
    for n in range(2):
        assert np.array_equal(picture(page, "chain", n), uint8(steps[-1].sample)[n])
    assert not np.array_equal(picture(page, "chain", 0), picture(page, "chain", 1))

    error, sharpness = numbers(page, "jump")
    assert abs(error - 127.5 * float((jump - x_0).square().mean().sqrt())) < 0.06
    kernel = torch.tensor([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]])[None, None]
    laplacian = [
        torch.nn.functional.conv2d(p.transpose(0, 1), kernel).abs().mean() for p in (jump, x_0)
    ]
    assert abs(sharpness - 100 * float(laplacian[0] / laplacian[1])) < 0.6


def test_the_way_can_be_walked_again(page):
    run(page, t=500, chains=1)
    last, asked = picture(page, "chain"), len(page.requests)
    timeline = page.locator("#jump-row [data-part=timeline]")
    slide(timeline, 0)
    assert np.array_equal(picture(page, "chain"), picture(page, "xt"))
    expect(page.locator("#jump-row [data-part=clock]")).to_have_text("t = 500")
    page.locator("#jump-row [data-part=play]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#jump-row [data-part=clock]")).to_have_text("t = 0")
    assert np.array_equal(picture(page, "chain"), last)
    timeline.focus()
    page.keyboard.press("ArrowLeft")
    assert not np.array_equal(picture(page, "chain"), last)
    assert not answered(page, asked)


def test_another_cat(page):
    shown = page.locator("#jump-picture canvas")
    first = shown.evaluate("(canvas) => canvas.toDataURL()")
    page.locator("#jump-picture [data-part=cats] button").nth(3).click()
    page.wait_for_function(
        "(before) => document.querySelector('#jump-picture canvas').toDataURL() !== before",
        arg=first,
    )
    run(page, t=1, chains=1)
    fourth = np.asarray(cats()[3].resize((8, 8), Image.Resampling.BOX))
    assert np.array_equal(picture(page, "x0"), fourth)
    assert np.abs(picture(page, "jump").astype(int) - picture(page, "x0")).mean() < 3


def test_a_phone_shows_it_in_chinese(visit):
    page = opened(visit, viewport=PHONE, locale="zh-CN")
    run(page, t=700)
    expect(page.locator("#jump-row [data-part=verdict]")).to_contain_text("灰度级")
    assert fits_a_phone(page)
    fill(page, "jump-seed", -1)
    page.click("#jump-start")
    expect(page.locator(".toast-body")).to_contain_text("随机种子必须是 0 到")
    assert "Traceback" not in page.locator(".toast-body").inner_text()
