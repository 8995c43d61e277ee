"""What a person keeps of the Generate view and sends on: links, files, the language."""

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from ddpm_hf.animation import grid
from tests.e2e.views import (
    DONE,
    STATUS,
    answered,
    by_the_pages_script,
    canvas,
    downloaded,
    fill,
    generate,
    hold_the_queue,
    listen,
    next_frames,
    scrub,
    shots,
)
from tests.e2e.windows import leave

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def link_of(page):
    return page.locator("#link textarea, #link input").input_value()


def test_a_link_reproduces_the_pictures(visit):
    page = visit()
    page.get_by_label("β, the upper bound").check()
    generate(page, seed=8, number=4, steps=15, noise=0.9)
    pictures, link = canvas(page, "noisy"), link_of(page)
    assert page.url == link, "the address bar has the link, too"
    leave(page)
    page.goto(link + "&lang=zh")
    page.wait_for_selector(DONE)
    assert np.array_equal(canvas(page, "noisy"), pictures)
    assert "seed=8&number=4&steps=15&" in page.url, "nor is it lost where the link was opened"
    again = page.url
    leave(page)
    page.goto(again)
    page.wait_for_selector(DONE)
    assert np.array_equal(canvas(page, "noisy"), pictures)
    expect(page.locator("#seed input")).to_have_value("8")
    expect(page.locator("#generate")).to_have_text("生成")
    expect(page.locator(STATUS)).to_contain_text("完成")
    assert "lang=zh" in link_of(page) and "variance=large" in link_of(page)


def test_a_box_that_is_left_empty_has_again_what_it_had(visit):
    page = visit()
    fill(page, "seed", 8)
    script = page.locator("#script")
    expect(script).to_contain_text("manual_seed(8)")
    fill(page, "seed", "")
    fill(page, "steps", "")
    next_frames(page)
    expect(script).to_contain_text("manual_seed(8)")
    expect(script).not_to_contain_text("null")
    for name, before in (("seed", "8"), ("steps", "100")):
        expect(page.locator(f"#{name} input[type=number]")).to_have_value(before)
    assert "seed=8" in link_of(page)


def test_a_link_to_a_view_that_there_is_not_runs_here(visit, tiny):
    page = visit("?tab=training&seed=3&steps=10")
    page.wait_for_selector("[data-tab-id=training][aria-selected=true]")
    page.wait_for_load_state("networkidle")
    assert page.locator("#generate[data-running], [data-complete]").count() == 0
    page = visit("?tab=foo&seed=3&steps=10")
    page.wait_for_selector(DONE)
    assert tiny.network.calls == {4: 10}, "the link to the training view ran"


def test_the_language_can_be_switched_and_errors_follow(visit):
    page = visit(locale="zh-CN")
    expect(page.locator("#generate")).to_have_text("生成")
    page.get_by_role("link", name="English").click()
    expect(page.locator("#generate")).to_have_text("Generate")
    assert page.evaluate("document.documentElement.lang") == "en"
    expect(page.locator(STATUS)).to_contain_text("Press Generate")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("#generate")).to_have_text("生成")

    page = visit("?lang=zh&seed=1&steps=5000")
    expect(page.get_by_text("步数必须是 10 到 2000 之间的整数，当前值：5000。")).to_be_visible()
    generate(page, wait=False, seed=-5)
    expect(page.locator(".toast-title")).to_have_text("错误")


def test_a_refused_run_changes_no_address(visit):
    page = visit()
    refused = page.locator(".toast-body.error").last
    generate(page, seed=4, steps=12)
    address = page.url
    generate(page, wait=False, seed=-5)
    expect(refused).to_contain_text("got -5.")
    assert page.url == address

    page = visit("?seed=abc&steps=12&noise=7")
    told = page.locator("#player [data-part=refusal]")
    expect(told).to_contain_text("Seed must be a whole number from 0 to 2147483647; got abc.")
    expect(told).to_contain_text("Noise scale must be from 0 to 2; got 7.")
    expect(page.locator("#steps input[type=number]")).to_have_value("12")
    assert page.locator("#generate[data-running], [data-complete]").count() == 0


def test_a_run_that_begins_behind_another_view_leaves_it_in_the_address(visit):
    page = visit()
    let_go = hold_the_queue(page)
    generate(page, wait=False, seed=4, steps=10)
    page.get_by_role("tab", name="Training").click()
    page.wait_for_url("**tab=training**")
    let_go()
    page.wait_for_url("**seed=4**")
    assert "tab=training" in page.url


def test_the_run_on_show_can_be_kept_without_asking_anyone(visit, tiny):
    page = visit()
    status = page.locator("#player [role=status]")
    generate(page, seed=4, number=3, steps=12)
    pictures = by_the_pages_script(page, tiny.pipeline)
    fill(page, "seed", 5)  # for the next run
    listen(page)
    asked = len(page.requests)
    shown = canvas(page, "noisy")
    scale = 512 // shown.shape[0]
    squares = shown.repeat(scale, 0).repeat(scale, 1)
    assert np.array_equal(np.array(downloaded(page, "save").convert("RGB")), squares)
    final = np.array(grid([Image.fromarray(p) for p in pictures]), int)
    for name, file, error in (("gif", "ddpm-4.gif", 16), ("apng", "ddpm-4.png", 0)):
        frames, durations = shots(downloaded(page, name, file))
        assert durations == [40] * 12 + [2000]
        assert np.abs(frames[-1] - final).mean() <= error
        scrub(page, 3)
        above = frames[3][:128:16, ::16]  # below is an empty place
        assert np.abs(above - canvas(page, "noisy")[:8]).mean() <= error
    assert not answered(page, asked)
    assert page.evaluate("window.spoken")[0] == "Saving the moving picture…"
    expect(status).to_contain_text("Done")

    generate(page, wait=False, seed=-5)
    expect(page.locator(".toast-body.error").last).to_contain_text("got -5.")
    downloaded(page, "apng", "ddpm-4.png")
