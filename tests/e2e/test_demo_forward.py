"""The Forward view as a student uses it: N1–N5 by eye and by number."""

import itertools

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from ddpm_hf.data.images import to_uint8
from ddpm_hf.demo.views.forward.view import SIDE
from ddpm_hf.demo.web.picture.picture import cats, fitted, x_0_of
from ddpm_hf.equations import q_sample
from ddpm_hf.schedules import NoiseSchedule, linear_betas
from tests.e2e.views import (
    BROKEN_PICTURES,
    answered,
    choose,
    fill,
    open_tab,
    pixels,
    slide,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

NOTES = NoiseSchedule.from_betas(linear_betas(2000))


def expected(t, x_0=None, schedule=NOTES):
    """x_t by the library, for the ε that the page was given."""
    x_0 = x_0_of(None, SIDE) if x_0 is None else x_0
    epsilon = torch.randn(x_0.shape, generator=torch.Generator().manual_seed(0))
    return to_uint8(q_sample(schedule, x_0, epsilon, t))[0].permute(1, 2, 0).numpy()


def part(page, name):
    return page.locator(f"#forward-page [data-part={name}]")


def numbers(page, name):
    """Mean, standard deviation and correlation as the page tells them."""
    return [
        float(word.split()[1]) for word in part(page, f"{name}Numbers").inner_text().split(" · ")
    ]


def opened(visit, **settings):
    page = visit(**settings)
    open_tab(page, "Forward")
    page.wait_for_selector("[data-chain=complete]")
    return page


@pytest.fixture(scope="module")
def shared(visit_shared):
    return opened(visit_shared)


@pytest.fixture
def page(shared):
    """One page for all tests, with the first cat and the notes' schedule."""
    yield shared
    part(shared, "misreading").uncheck()
    shared.wait_for_selector("[data-chain=complete]")


def test_the_pages_jump_is_the_librarys_and_asks_nothing(page):
    asked = len(page.requests)
    for t in (0, 1, 137, 400, 1000, 2000):
        slide(part(page, "t"), t)
        difference = pixels(part(page, "jump")).astype(int) - expected(t)
        assert abs(difference).max() <= 1, t
    assert not answered(page, asked)
    slide(part(page, "t"), 400)
    expect(part(page, "stepsWeights")).to_have_text("= 0.998·xₜ₋₁ + 0.0638·zₜ")
    expect(part(page, "jumpWeights")).to_have_text("= 0.659·x₀ + 0.753·z")
    expect(part(page, "variancesNumbers")).to_contain_text("0.434 + 0.566 = 1")
    assert part(page, "shares").locator("span").count() == 3
    expect(part(page, "rising")).to_contain_text("t = 200: standard deviation of the noise 0.44")


def test_both_ways_end_in_pure_noise(page):
    slide(part(page, "t"), 0)
    assert np.array_equal(pixels(part(page, "steps")), pixels(part(page, "jump")))
    assert numbers(page, "steps")[2] == 1
    slide(part(page, "t"), 300)
    (_, by_steps, r_steps), (_, by_jump, r_jump) = numbers(page, "steps"), numbers(page, "jump")
    assert abs(by_steps - by_jump) < 0.03 and abs(r_steps - r_jump) < 0.03 and r_steps > 0.4
    assert not np.array_equal(pixels(part(page, "steps")), pixels(part(page, "jump")))
    slide(part(page, "t"), 2000)
    for name in ("steps", "jump", "noise"):
        mean, deviation, r = numbers(page, name)
        assert abs(mean) < 0.05 and abs(deviation - 1) < 0.03 and abs(r) < 0.05
        bars = part(page, f"{name}Histogram").locator(".bars").get_attribute("d")
        tops = np.array([float(bar.split("V")[1].split("h")[0]) for bar in bars.split("M")[1:]])
        x = np.linspace(-4, 4, 80, endpoint=False) + 0.05
        normal = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
        assert abs((40 - tops) / 50 - normal).max() < 0.05
    expect(part(page, "verdict")).to_contain_text("nothing of the picture can be seen")
    unlike = pixels(part(page, "jump")).astype(int) - pixels(part(page, "noise"))
    assert abs(unlike).max() <= 1, "x_T and z look alike on one scale"


def test_scrubbing_back_finds_the_same_steps(page):
    slide(part(page, "t"), 411)
    before = pixels(part(page, "steps"))
    slide(part(page, "t"), 1999)
    slide(part(page, "t"), 411)
    assert np.array_equal(pixels(part(page, "steps")), before)
    part(page, "again").click()
    page.wait_for_selector("[data-chain=complete]")
    assert not np.array_equal(pixels(part(page, "steps")), before)


def test_steps_that_are_still_worked_out_say_how_far_they_are(page):
    slide(part(page, "t"), 2000)
    told = part(page, "again").evaluate(
        "(button) => { button.click(); const forward = button.closest('.forward');"
        " return forward.querySelector('[data-part=stepsNumbers]').textContent; }"
    )
    assert told == "working… so far t = 0"
    expect(part(page, "stepsNumbers")).to_contain_text("mean")


def test_with_the_misreading_the_picture_never_goes_away(page):
    slide(part(page, "t"), 2000)
    part(page, "misreading").check()
    assert numbers(page, "jump")[2] > 0.9, "the outline went away"
    assert abs(numbers(page, "steps")[2]) < 0.05
    x_0 = to_uint8(x_0_of(None, SIDE))[0].permute(1, 2, 0).numpy()
    assert np.corrcoef(pixels(part(page, "jump")).ravel(), x_0.ravel())[0, 1] > 0.9
    expect(part(page, "misreadingVerdict")).to_contain_text("This is wrong")
    expect(part(page, "jumpFormula")).to_contain_text("WRONG")
    part(page, "misreading").uncheck()
    expect(part(page, "misreadingVerdict")).to_be_hidden()
    assert abs(numbers(page, "jump")[2]) < 0.05


def test_too_few_steps_leave_an_outline(visit):
    page = opened(visit)
    fill(page, "forward-T", 100)
    expect(part(page, "verdict")).to_contain_text("√ᾱ_T = 0.6")
    expect(part(page, "verdict")).to_contain_text("outline of the picture survives")
    expect(part(page, "verdict")).to_contain_text("Raise β_T or T")
    page.wait_for_selector("[data-chain=complete]")
    slide(part(page, "t"), 100)
    assert numbers(page, "jump")[2] > 0.3 and numbers(page, "steps")[2] > 0.3
    short = NoiseSchedule.from_betas(linear_betas(100))
    difference = pixels(part(page, "jump")).astype(int) - expected(100, schedule=short)
    assert abs(difference).max() <= 1
    fill(page, "forward-beta-T", 0.2)
    expect(part(page, "verdict")).to_contain_text("nothing of the picture can be seen")


def test_a_schedule_without_betas_is_not_told_to_raise_them(visit):
    page = opened(visit)
    choose(page, "forward-kind", "laplace")
    expect(part(page, "verdict")).to_contain_text("√ᾱ_T = 0.178 is too large, whatever T is")
    expect(part(page, "verdict")).not_to_contain_text("Raise")
    expect(page.locator("#forward-beta-T")).to_be_hidden()


def test_a_number_may_be_typed_digit_by_digit(visit):
    """On the way to 500 are 5, which is too few, and 50."""
    page = opened(visit)
    box = page.locator("#forward-T input[type=number]")
    for T, delay in (("500", 30), ("600", 150)):  # faster than the page waits for more, and slower
        box.select_text()
        box.press_sequentially(T, delay=delay)
        expect(part(page, "verdict")).to_contain_text(f"T = {T}")
        assert page.locator(".toast-body").count() == 0


def put_in(page, path):
    """Choose a picture of one's own."""
    page.locator("#forward-picture input[type=file]").set_input_files(path)


def test_a_picture_of_ones_own_dissolves_and_a_bad_one_is_refused(visit, tmp_path):
    Image.new("RGB", (64, 64), (90, 90, 90)).save(tmp_path / "grey.png")
    (tmp_path / "bad.png").write_text("no picture")
    picture = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(picture).ellipse((60, 20, 240, 180), fill="red")
    picture.save(tmp_path / "own.png")
    page = opened(visit)
    asked = len(page.requests)

    slide(part(page, "t"), 0)
    put_in(page, tmp_path / "grey.png")
    for name in ("steps", "jump"):
        expect(part(page, f"{name}Numbers")).to_have_text("mean -0.29 · std 0.00 · r –")
    slide(part(page, "t"), 250)
    expect(part(page, "jumpNumbers")).to_contain_text("r –")  # nothing correlates with an even grey

    slide(part(page, "t"), 0)
    put_in(page, tmp_path / "own.png")
    x_0 = fitted(picture, SIDE)
    page.wait_for_function(
        "() => { const c = document.querySelector('#forward-page [data-part=jump]');"
        " const p = c.getContext('2d').getImageData(32, 32, 1, 1).data;"
        " return p[0] > 200 && p[1] < 50; }"
    )
    assert abs(pixels(part(page, "jump")).astype(int) - expected(0, x_0)).max() <= 1
    slide(part(page, "t"), 250)
    assert abs(pixels(part(page, "jump")).astype(int) - expected(250, x_0)).max() <= 1

    refusal = page.locator("#forward-picture [data-part=refusal]")
    put_in(page, tmp_path / "bad.png")
    expect(refusal).to_contain_text("can't be read as a picture")
    assert not page.evaluate(BROKEN_PICTURES)
    slide(part(page, "t"), 0)
    for n in (0, 3):  # a cat takes its place
        page.locator("#forward-picture [data-part=cats] button").nth(n).click()
        cat = fitted(cats()[n], SIDE).flatten()
        expect(part(page, "jumpNumbers")).to_contain_text(f"mean {float(cat.mean()):.2f} ·")
        expect(refusal).to_be_hidden()
    assert not [url for url in answered(page, asked) if "/schedules/" not in url], (
        "an upload, or a run"
    )


def test_the_keyboard_is_enough(page):
    part(page, "t").focus()
    page.keyboard.press("End")
    expect(part(page, "clock")).to_contain_text("t = 2000 of 2000")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(part(page, "clock")).to_contain_text("t = 1 of 2000")
    part(page, "play").focus()
    page.keyboard.press("Enter")
    expect(part(page, "play")).to_contain_text("Pause")
    page.wait_for_function("document.querySelector('#forward-page [data-part=t]').value > 100")
    page.keyboard.press("Enter")
    expect(part(page, "play")).to_contain_text("Play")
    part(page, "misreading").focus()
    page.keyboard.press("Space")
    expect(part(page, "misreadingVerdict")).to_be_visible()


def test_where_motion_is_unwelcome_a_still_stands_for_a_second(page):
    page.emulate_media(reduced_motion="reduce")
    slide(part(page, "t"), 0)
    shown = page.evaluate(
        """() => new Promise((resolve) => {
          const view = document.querySelector("[data-t]"),
            shown = [{ t: 0, ms: performance.now() }];
          new MutationObserver((_, observer) => {
            shown.push({ t: Number(view.dataset.t), ms: performance.now() });
            if (shown.length < 3) return;
            observer.disconnect();
            resolve(shown);
          }).observe(view, { attributeFilter: ["data-t"] });
          view.querySelector("[data-part=play]").click();
        })"""
    )
    part(page, "play").click()
    page.emulate_media(reduced_motion="no-preference")
    for before, after in itertools.pairwise(shown):
        assert after["ms"] - before["ms"] > 900 and after["t"] - before["t"] > 200, shown
