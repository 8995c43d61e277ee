"""The page as a stranger meets it: a run is watched, played and stopped, in two languages."""

import os
import re
import runpy
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from playwright.sync_api import expect

import ddpm_hf.demo
from tests.e2e.service import LONG, call
from tests.e2e.tiny_server import tiny_pipeline
from tests.e2e.views import (
    PHONE,
    STATUS,
    by_the_pages_script,
    canvas,
    fill,
    fits_a_phone,
    generate,
    next_frames,
    scrub,
    tiled,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def player(page, name):
    return page.locator("#player [data-frames]").get_attribute(f"data-{name}")


def asked_of_server(page):
    return [url for url in page.requests if not url.startswith(("data:", "blob:"))]


def test_frames_come_while_sampling_goes_on_and_can_be_played(visit, tiny):
    page = visit()
    tiny.network.slow()
    generate(page, wait=False, steps=200)
    for least in (1, 2, 5):
        page.wait_for_function(
            f"document.querySelector('[data-frames]')?.dataset.frames >= {least}"
        )
        assert player(page, "complete") == "false" and int(player(page, "frames")) < 100
    tiny.network.run()
    page.wait_for_selector("[data-complete=true]")
    assert player(page, "frames") == "120"
    final = canvas(page, "noisy")
    assert np.array_equal(final, canvas(page, "predicted"))

    asked = asked_of_server(page)
    scrub(page, 0)
    noise = canvas(page, "noisy")
    assert page.locator("[data-part=clock]").inner_text() == "t = 1991"
    assert not np.array_equal(noise, final) and noise.std() > 60
    scrub(page, 60)
    assert not np.array_equal(canvas(page, "noisy"), noise)
    assert not np.array_equal(canvas(page, "noisy"), canvas(page, "predicted"))
    scrub(page, 0)
    page.select_option("[data-part=speed]", "0.25")
    page.click("[data-part=play]")
    page.wait_for_function("document.querySelector('[data-part=timeline]').value > 0")
    page.click("[data-part=play]")
    paused = page.locator("[data-part=timeline]").input_value()
    next_frames(page)
    assert int(paused) < 100 and paused == page.locator("[data-part=timeline]").input_value()
    page.select_option("[data-part=speed]", "4")
    page.click("[data-part=play]")
    expect(page.locator("[data-part=clock]")).to_have_text("t = 0")
    assert np.array_equal(canvas(page, "noisy"), final)
    assert asked_of_server(page) == asked, "scrubbing or playing asked the server"


def test_other_numbers_and_seeds(visit, tiny):
    page = visit()
    generate(page, seed=5, number=3, steps=10)
    images = by_the_pages_script(page, tiny.pipeline)
    final = canvas(page, "noisy")
    assert len(images) == 3 and final.shape == (16, 16, 3)
    assert np.array_equal(final[:8], tiled([*images, images[0]])[:8])
    script = page.locator("#script").inner_text()
    assert "batch_size=3" in script and "manual_seed(5)" in script and "steps=10" in script
    page.get_by_role("button", name="Another seed").click()
    expect(page.locator("#seed input")).not_to_have_value("5")


def test_a_phone_shows_it_all_in_chinese(visit):
    page = visit(viewport=PHONE, locale="zh-CN")
    expect(page.locator("#generate")).to_have_text("生成")
    fill(page, "steps", 20)
    stop = page.locator("#stop")
    stop.scroll_into_view_if_needed()
    before = stop.bounding_box()
    generate(page)
    assert stop.bounding_box() == before, "it stays under the finger"
    expect(page.locator(STATUS)).to_contain_text("完成")
    assert fits_a_phone(page)
    text = page.locator("#player").inner_text()
    assert not re.search(r"\b(Play|Speed|Loop|Save|weight|noise)\b", text)


@pytest.mark.parametrize("endpoint", ["generate", "stream"])
@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        ((0, 0, 100), "Number of pictures must be a whole number from 1 to 16; got 0."),
        ((0, 17, 100), "from 1 to 16; got 17"),
        ((0, 4, 9), "Steps must be a whole number from 10 to 2000; got 9."),
        ((0, 4, 2001), "from 10 to 2000; got 2001"),
        ((0, 4, 10.5), "from 10 to 2000; got 10.5"),
        ((-1, 4, 10), "Seed must be a whole number from 0 to"),
    ],
)
def test_out_of_range_gets_a_sentence(tiny, endpoint, first, sentence):
    said = call(tiny, endpoint, *first, *LONG[3:])["error"]
    assert sentence in said and "Traceback" not in said


@pytest.mark.parametrize("port", [None, "http", "65536"])
def test_a_port_that_will_not_do_is_one_sentence(tiny, monkeypatch, port):
    taken = tiny.url.strip("/").rsplit(":")[-1]
    for name in ("GRADIO_ANALYTICS_ENABLED", "HF_HUB_DISABLE_TELEMETRY", "NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "1")  # what app.py sets is then as it was, afterwards
    monkeypatch.setenv("GRADIO_SERVER_PORT", port or taken)
    monkeypatch.setattr("sys.argv", ["app.py"])
    monkeypatch.setattr(ddpm_hf.demo, "build", partial(ddpm_hf.demo.build, tiny_pipeline()))
    with pytest.raises(SystemExit) as ended:
        runpy.run_path("app.py", run_name="__main__")
    if port is None:
        sentence = f"app.py: port {taken} is in use; set GRADIO_SERVER_PORT to a free one."
    else:
        sentence = f"must be a whole number from 1 to 65535; got '{port}'."
    assert ended.value.code.endswith(sentence)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"GRADIO_SERVER_NAME": "no.invalid"}, "or GRADIO_SERVER_NAME=no.invalid is not this"),
        pytest.param(
            {"DDPM_RUN_SECONDS": "nan"},
            "DDPM_RUN_SECONDS must be a number above 0; got 'nan'.",
            marks=pytest.mark.soak,
        ),
    ],
)
def test_where_it_cannot_be_served_is_one_sentence(setting, sentence):
    done = subprocess.run(
        [sys.executable, "app.py"],
        capture_output=True,
        text=True,
        env={**os.environ, "GRADIO_SERVER_PORT": "7860", **setting},
        timeout=300,
    )
    assert done.returncode == 1
    assert sentence in done.stderr and "Traceback" not in done.stderr
