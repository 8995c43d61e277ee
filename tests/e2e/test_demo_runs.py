"""A run of the Generate view: started, told of, stopped, and started again."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.service import LONG, comes_to_rest
from tests.e2e.views import (
    DONE,
    STATUS,
    by_the_pages_script,
    canvas,
    generate,
    hold_the_queue,
    listen,
    slide,
    tiled,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_the_address_has_the_settings_as_soon_as_a_run_begins(visit, tiny):
    page = visit()
    tiny.network.slow()
    generate(page, wait=False, steps=1000)
    page.wait_for_url("**steps=1000**")
    assert page.locator(DONE).count() == 0
    expect(page.locator(STATUS)).to_contain_text("Sampling")
    page.click("#stop")
    expect(page.locator(STATUS)).to_contain_text("Stopped")


def test_generate_during_a_run_begins_anew_with_the_settings_of_now(visit, tiny):
    page = visit()
    tiny.network.slow()
    generate(page, wait=False, steps=2000)
    expect(page.locator(STATUS)).to_contain_text("Sampling")
    generate(page, steps=20, seed=5)
    assert "seed=5" in page.url and "steps=20" in page.url
    assert np.array_equal(canvas(page, "noisy"), tiled(by_the_pages_script(page, tiny.pipeline)))
    assert page.locator("#player [data-part=timeline]").get_attribute("max") == "20"


def test_a_screen_reader_is_told_tenths_of_a_run_once_each(visit, tiny):
    page = visit()
    listen(page)
    tiny.network.slow()
    generate(page, steps=100)
    waiting, *tenths, done = page.evaluate("window.spoken")
    assert "Waiting" in waiting and "Done" in done and 3 < len(tenths) <= 10
    percents = [int(re.fullmatch(r"Sampling… (\d+) %", words)[1]) for words in tenths]
    assert percents == sorted(set(percents)) and not any(percent % 10 for percent in percents)


def test_after_stop_the_thumb_is_above_the_cursor(visit, tiny):
    page = visit()
    tiny.network.slow()
    generate(page, wait=False, steps=200, number=1)
    page.wait_for_function("document.querySelector('#player [data-part=timeline]').value > 19")
    page.click("#stop")
    expect(page.locator(STATUS)).to_contain_text("Stopped")
    timeline = page.locator("#player [data-part=timeline]")
    slide(timeline, timeline.get_attribute("max"))  # as far as it goes
    share = timeline.evaluate("(bar) => bar.value / bar.max")
    assert 0.05 < share < 1
    across = float(page.locator("#player [data-part=cursor]").get_attribute("x1"))
    assert abs(across - 1000 * share) < 0.01


def test_generate_pressed_twice_runs_once_more_and_not_twice_as_long(visit, tiny):
    page = visit()
    let_go = hold_the_queue(page)
    tiny.network.slow()
    generate(page, wait=False, steps=LONG[2], number=LONG[1])
    generate(page, wait=False, steps=20, number=4)
    let_go()
    timeline = page.locator("#player [data-part=timeline]")
    expect(timeline).to_have_attribute("max", "20")
    page.wait_for_selector(DONE)
    assert comes_to_rest(tiny), "the first run goes on"


def test_stop_pressed_before_gradio_knows_the_run_stops_it(visit, tiny):
    page = visit()
    let_go = hold_the_queue(page)
    tiny.network.slow()
    generate(page, wait=False, steps=LONG[2], number=LONG[1])
    page.click("#stop")
    let_go()
    expect(page.locator("#generate[data-running]")).to_have_count(0)
    assert comes_to_rest(tiny)
    expect(page.locator(STATUS)).to_contain_text("Press Generate")  # no frame has come, or will


def test_a_run_that_waits_says_so(visit, tiny):
    page = visit()
    tiny.network.hold()
    page.click("#generate")
    expect(page.locator(STATUS)).to_have_text("Waiting for the first step…")
    tiny.network.run()
    expect(page.locator(STATUS)).to_contain_text("Done")
    generate(page, wait=False, seed=-1)
    page.wait_for_selector(".toast-body.error")
    expect(page.locator(STATUS)).to_contain_text("Done")


def frames(page):
    return page.locator("#player [data-frames]").get_attribute("data-frames")


def test_stop_stops_the_compute(visit, tiny):
    page = visit()
    tiny.network.slow()
    generate(page, wait=False, steps=LONG[2], number=LONG[1])
    page.wait_for_selector("[data-frames]")
    page.click("#stop")
    expect(page.locator(STATUS)).to_have_text("Stopped. What there is can be played.")
    before = frames(page)
    assert comes_to_rest(tiny)
    assert frames(page) == before and int(before) < 119
    generate(page, steps=10, number=1)  # and the next run is not in its way
