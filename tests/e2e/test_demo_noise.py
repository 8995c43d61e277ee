"""Why fresh noise: runs that differ in σ, x_T or sampler, and particles in the plane."""

import itertools

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from ddpm_hf.data.images import to_uint8
from tests.e2e.views import PHONE, answered, fill, fits_a_phone, open_tab, pixels, slide

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def opened(visit, **settings):
    page = visit(**settings)
    open_tab(page, "为何加新噪声" if settings.get("locale") == "zh-CN" else "Fresh noise")
    page.wait_for_selector("[data-ready=true]")
    return page


@pytest.fixture(scope="module")
def shared(visit_shared):
    return opened(visit_shared)


@pytest.fixture
def page(shared):
    """One page for all tests in English, with the particles at their start."""
    for name, start in (("sigma", "1"), ("timeline", "0")):
        if part(shared, name).input_value() != start:
            slide(part(shared, name), start)
    return shared


def run(page, seed=0, steps=20):
    fill(page, "noise-seed", seed)
    fill(page, "noise-steps", steps)
    told = page.locator("#noise-row [data-part=verdict]")
    told.evaluate("(verdict) => { verdict.textContent = ''; }")  # of the run before
    page.click("#noise-start")
    expect(told).not_to_be_empty()


def picture(page, name):
    return pixels(page.locator(f"#noise-row figure[data-name={name}] canvas"))


def captions(page, name):
    return page.locator(f"#noise-row figure[data-name={name}] figcaption")


def part(page, name):
    return page.locator(f"#playground [data-part={name}]")


def reached(page):
    page.wait_for_selector("[data-ready=true]")
    return int(page.locator("[data-reached]").get_attribute("data-reached"))


def test_one_x_T_five_runs_and_another_for_two(page, tiny):
    run(page, seed=2)
    noise = torch.Generator().manual_seed(2)
    x_T = torch.randn((1, 3, 8, 8), generator=noise, dtype=tiny.pipeline.unet.dtype)
    for name, seed, how in (
        ("none", 2, {"noise_scale": 0.0}),
        ("none_other", 5, {"noise_scale": 0.0}),
        ("ddim", 2, {"eta": 0.0}),
        ("ddim_other", 5, {"eta": 0.0}),
        ("small", 2, {}),
    ):
        generator = torch.Generator().manual_seed(seed)
        images = tiny.pipeline(1, generator, 20, **how).images
        assert np.array_equal(picture(page, name), np.array(images[0])), name
    p = picture(page, "small").astype(float)
    neighbours = (p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:]) / 4
    grain = float(captions(page, "small").last.inner_text().split()[1])
    assert abs(grain - np.abs(p[1:-1, 1:-1] - neighbours).mean()) < 1
    slide(page.locator("#noise-row [data-part=timeline]"), 0)
    start = to_uint8(x_T)[0].permute(1, 2, 0).numpy()
    for name in ("none", "ddim", "small", "large", "double"):
        assert np.array_equal(picture(page, name), start)
    expect(page.locator("#noise-row [data-part=verdict]")).to_contain_text("2β is too much")


def test_stop_keeps_what_there_is(page, tiny):
    tiny.network.slow()
    fill(page, "noise-steps", 500)
    page.click("#noise-start")
    status = page.locator("#noise-row [data-part=status]")
    expect(status).to_contain_text("Sampling")
    page.wait_for_function("document.querySelector('#noise-row [data-part=timeline]').value > 3")

    page.click("#noise-stop")
    expect(status).to_have_text("Stopped. What there is can be played.")
    timeline = page.locator("#noise-row [data-part=timeline]")
    slide(timeline, 500)  # as far as it goes
    assert 0 < int(timeline.input_value()) < 500 == int(timeline.get_attribute("max"))
    tiny.network.run()
    run(page, steps=10)  # and the next run is not in its way
    assert timeline.get_attribute("max") == "10"


def test_particles_diffuse_and_find_the_shape_again(page):
    asked = len(page.requests)
    seen = []
    for position, clock in (
        (0, "Diffusion: t = 0"),
        (40, "Diffusion: t = 400"),
        (200, "Diffusion: t = 2000"),
        (360, "Reconstruction: t = 400"),
        (400, "Reconstruction: t = 0"),
    ):
        slide(part(page, "timeline"), position)
        expect(part(page, "clock")).to_have_text(clock)
        seen.append(pixels(part(page, "canvas")))
    assert all(not np.array_equal(a, b) for a, b in itertools.pairwise(seen))
    assert reached(page) > 200
    part(page, "shape").select_option("rings")
    assert reached(page) > 200
    expect(part(page, "verdict")).to_contain_text("they would reach about 253")
    assert not answered(page, asked), "the playground asked the server"


def test_without_disturbance_the_particles_crowd(page):
    slide(part(page, "timeline"), 400)
    part(page, "shape").select_option("moons")
    many = reached(page)
    part(page, "sigma").focus()
    page.keyboard.press("Home")
    page.wait_for_selector("[data-ready=false], [data-ready=true]")
    few = reached(page)
    assert few < many / 3
    expect(part(page, "verdict")).to_contain_text("no disturbance")
    expect(part(page, "verdict")).to_contain_text(f"onto {few} of the 400 points")


def test_the_keyboard_plays(page):
    part(page, "play").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#playground [data-part=timeline]').value > 10")
    page.keyboard.press("Enter")
    stopped = part(page, "timeline").input_value()
    part(page, "timeline").focus()
    page.keyboard.press("ArrowRight")
    assert int(part(page, "timeline").input_value()) == int(stopped) + 1
    page.keyboard.press("End")
    expect(part(page, "clock")).to_have_text("Reconstruction: t = 0")


def test_a_phone_shows_it_in_chinese(visit):
    page = opened(visit, viewport=PHONE, locale="zh-CN")
    run(page, steps=10)
    expect(page.locator("#noise-row [data-part=verdict]")).to_contain_text("颗粒")
    canvas = part(page, "canvas")
    assert pixels(canvas).shape[0] == pixels(canvas).shape[1] > 250
    assert fits_a_phone(page)
