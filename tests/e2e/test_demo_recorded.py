"""The first thing seen: each view shows a recorded run before anything is pressed."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from ddpm_hf import DDPMPipeline
from ddpm_hf.demo.web.recorded.record import HERE, RUNS
from tests.e2e.views import (
    DONE,
    STATUS,
    by_the_pages_script,
    canvas,
    downloaded,
    open_tab,
    pixels,
    shots,
    tiled,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

CLOCK = "#player [data-part=clock]"
MOST_BYTES = 200_000


def last_pictures(run):
    """The last frame of a recorded run: (pictures, 32, 32, 3)."""
    sheet = np.array(Image.open(io.BytesIO(base64.b64decode(run["last"]))))
    return np.stack(np.split(sheet, sheet.shape[1] // run["chunk"]["width"], axis=1))


@pytest.mark.parametrize("name", RUNS)
def test_a_recorded_run_is_small(name):
    assert (HERE / f"{name}.run.json").stat().st_size <= MOST_BYTES


@pytest.mark.parametrize(
    "name",
    [name if name == "generate" else pytest.param(name, marks=pytest.mark.soak) for name in RUNS],
)
def test_what_is_recorded_is_what_the_model_draws_now(name):
    model, run = RUNS[name]
    kept, now = (
        json.loads((HERE / f"{name}.run.json").read_text()),
        run(DDPMPipeline.from_pretrained(model)),
    )
    assert kept["chunk"].keys() == now["chunk"].keys()
    assert kept["chunk"]["t"] == now["chunk"]["t"]
    assert np.abs(last_pictures(now).astype(int) - last_pictures(kept)).max() <= 1


def test_a_run_plays_once_before_anything_is_pressed(visit):
    page = visit()
    expect(page.locator("#player [data-part=play]")).to_contain_text("Pause")
    expect(page.locator(CLOCK)).to_have_text("t = 0")
    expect(page.locator("#player [data-part=play]")).to_contain_text("Play")
    expect(page.locator(STATUS)).to_contain_text("Recorded")
    kept = json.loads((HERE / "generate.run.json").read_text())
    pictures = last_pictures(kept)[: len(last_pictures(kept)) // 3]
    assert np.array_equal(canvas(page, "noisy"), tiled(pictures))
    frames, durations = shots(downloaded(page, "apng", "ddpm-0.png"))
    assert durations == [100] * (len(kept["chunk"]["t"]) - 1) + [2000]
    assert np.array_equal(frames[-1][::4, ::4], tiled(pictures))
    assert not any("models/" in url or "queue/join" in url for url in page.requests)


def test_where_motion_is_unwelcome_its_end_is_shown(visit):
    page = visit()
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    expect(page.locator(CLOCK)).to_have_text("t = 0")
    expect(page.locator("#player [data-part=play]")).to_contain_text("Play")
    page.emulate_media(reduced_motion="no-preference")


def test_a_link_that_runs_at_once_is_not_covered(visit, tiny):
    page = visit("?seed=3&steps=10")
    page.wait_for_selector(DONE)
    page.wait_for_load_state("networkidle")
    assert np.array_equal(canvas(page, "noisy"), tiled(by_the_pages_script(page, tiny.pipeline)))


@pytest.mark.parametrize(
    ("tab", "row"), [("One jump", "jump-row"), ("Fresh noise", "noise-row"), ("Edit", "edit-row")]
)
def test_the_other_views_show_their_default_result(visit, tab, row):
    page = visit()
    open_tab(page, tab)
    expect(page.locator(f"#{row} [data-part=clock]")).to_have_text("t = 0")
    expect(page.locator(f"#{row} [data-part=verdict]")).not_to_be_empty()
    expect(page.locator(f"#{row} [data-part=status]")).to_contain_text("Recorded")
    name = row.removesuffix("-row")
    kept = json.loads((HERE / f"{name}.run.json").read_text())
    shown = [pixels(canvas) for canvas in page.locator(f"#{row} figure canvas").all()]
    assert np.array_equal(np.stack(shown), last_pictures(kept))
