"""What a person keeps of the Generate view and sends on: links, files, the language."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import expect

from ddpm_hf.animation import grid
from tests.e2e.views import (
    DONE,
    STATUS,
    by_the_pages_script,
    canvas,
    choose,
    fill,
    generate,
    hold_the_queue,
    listen,
    next_frames,
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


def test_the_way_can_be_kept_as_a_moving_picture(visit, tiny):
    page = visit()
    generate(page, seed=4, steps=12)
    pictures = by_the_pages_script(page, tiny.pipeline)
    fill(page, "seed", 5)  # for the next run
    for suffix in ("GIF", "WEBP", "PNG"):
        choose(page, "format", suffix)
        with page.expect_download() as download:
            page.click("#save")
        assert download.value.suggested_filename == f"ddpm-4.{suffix.lower()}"
        with Image.open(download.value.path()) as film:
            assert film.format == suffix and film.n_frames == 13
            frames = [np.array(f.convert("RGB"), float) for f in ImageSequence.Iterator(film)]
        final = np.array(grid([Image.fromarray(p) for p in pictures]), float)
        assert np.abs(frames[-1] - final).mean() <= (16 if suffix == "GIF" else 0)
        assert np.abs(frames[0] - final).mean() > 40


def test_a_refused_run_changes_neither_the_address_nor_what_is_saved(visit):
    page = visit()
    refused = page.locator(".toast-body.error").last
    generate(page, seed=4, steps=12)
    address = page.url
    generate(page, wait=False, seed=-5)
    expect(refused).to_contain_text("got -5.")
    assert page.url == address
    fill(page, "seed", 5)
    with page.expect_download() as download:
        page.click("#save")
    assert download.value.suggested_filename == "ddpm-4.gif"

    page = visit("?seed=abc&steps=12&noise=7")
    told = page.locator("#player [data-part=refusal]")
    expect(told).to_contain_text("Seed must be a whole number from 0 to 2147483647; got abc.")
    expect(told).to_contain_text("Noise scale must be from 0 to 2; got 7.")
    expect(page.locator("#steps input[type=number]")).to_have_value("12")
    assert page.locator("#generate[data-running], [data-complete]").count() == 0
    fill(page, "seed", 5)
    with page.expect_download() as download:
        page.click("#save")
    assert download.value.suggested_filename == "ddpm-5.gif"


def test_a_run_that_begins_behind_another_view_leaves_it_in_the_address(visit):
    page = visit()
    let_go = hold_the_queue(page)
    generate(page, wait=False, seed=4, steps=10)
    page.get_by_role("tab", name="Training").click()
    page.wait_for_url("**tab=training**")
    let_go()
    page.wait_for_url("**seed=4**")
    assert "tab=training" in page.url


def test_saving_is_told_until_the_file_is_there_or_will_not_come(visit, tiny):
    page = visit()
    status = page.locator("#player [role=status]")
    listen(page)

    def save():
        page.evaluate("window.spoken.length = 0")
        page.click("#save")  # where it is refused, the words are there for a moment only
        page.wait_for_function("window.spoken[0] === 'Saving the moving picture…'")

    fill(page, "seed", -5)
    save()
    page.wait_for_selector(".toast-body.error")
    expect(status).to_contain_text("Press Generate")

    fill(page, "seed", 5)
    fill(page, "steps", 20)
    with page.expect_download():
        save()
    expect(status).to_contain_text("Press Generate")

    tiny.network.slow()
    generate(page, wait=False, steps=2000)
    page.wait_for_selector("[data-complete=false]")
    page.click("#stop")
    expect(status).to_contain_text("Stopped")
    save()
    page.click("#stop")
    expect(status).to_contain_text("Stopped")


def test_the_grid_can_be_kept(visit):
    page = visit()
    generate(page, steps=10)
    with page.expect_download() as download:
        page.click("[data-part=save]")
    data = download.value.path().read_bytes()
    kept = np.array(Image.open(io.BytesIO(data)).convert("RGB"))
    shown = canvas(page, "noisy")
    scale = 512 // shown.shape[0]
    assert np.array_equal(kept, shown.repeat(scale, 0).repeat(scale, 1)), "each pixel is a square"
