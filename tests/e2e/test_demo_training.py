"""The Training view: one slider moves the cursor on the curve and the samples."""

import base64
import csv
import io
import itertools
import json

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from ddpm_hf.bundled import PRETRAINED
from tests.e2e.views import PHONE, answered, fits_a_phone

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

FOLDER = PRETRAINED / "cats-32"


@pytest.fixture
def rows():
    with (FOLDER / "training.csv").open(newline="") as file:
        return {int(row["number"]): row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def shared(visit_shared):
    page = visit_shared()
    page.locator("[data-tab-id=training]").click()
    page.wait_for_selector("#training_replay [data-part=all]")
    page.wait_for_function("document.querySelector('#training_replay img').complete")
    # Sampling by hand, below, asks for its plan when the weights are there.
    page.wait_for_selector("#by_hand [data-part=sample] [data-figure=xt] canvas[role=img]")
    return page


@pytest.fixture
def page(shared):
    """One page for all tests, at the first model's first samples."""
    shared.locator("#training_replay_slider").press("Home")
    return shared


def grid(page):
    data = page.locator("#training_replay img").get_attribute("src").split(",")[1]
    return np.array(Image.open(io.BytesIO(base64.b64decode(data))))


def cursor(page):
    return float(page.locator("#training_replay .cursor").get_attribute("x1"))


def test_slider_moves_cursor_and_samples_together(page, rows):
    pictures = sorted((FOLDER / "samples").glob("*.png"))
    page.wait_for_load_state("networkidle")
    asked, places = len(page.requests), []
    page.locator("#training_replay_slider").focus()
    page.keyboard.press("Home")
    for path in pictures:
        number = int(path.stem.removeprefix("step-"))
        expect(page.locator("[data-part=caption]")).to_have_text(f"Samples at step {number}")
        assert np.array_equal(grid(page), np.array(Image.open(path)))
        report = rows[min(rows, key=lambda reported: abs(reported - number))]
        loss = float(report["loss"])
        expect(page.locator("[data-part=point]")).to_contain_text(f"loss {loss:#.3g}")
        rate = float(report["learning_rate"])
        shown = page.locator("[data-part=point]").inner_text().split("rate ")[1]
        assert abs(float(shown) - rate) <= 0.06 * rate
        places.append(cursor(page))
        page.keyboard.press("ArrowRight")
    assert places == sorted(set(places)) and len(places) == len(pictures)
    assert not answered(page, asked), "the slider asked the server"


def test_values_on_hover_and_a_log_axis(page, rows):
    ticks = page.locator("#training_replay svg[data-part=chart] text").all_text_contents()
    assert {"1", "0.1", "0.01"} <= set(ticks)
    heights = {
        tick: page.locator("#training_replay svg[data-part=chart] text", has_text=tick).first
        for tick in ("0.5", "0.05", "0.005")
    }
    y = [float(heights[tick].get_attribute("y")) for tick in ("0.5", "0.05", "0.005")]
    assert abs((y[1] - y[0]) - (y[2] - y[1])) < 0.1, "equal factors are equal distances"

    path = page.locator("#training_replay path.rate").get_attribute("d")
    y = np.array([float(point.split()[1]) for point in path[1:].split("L")])
    rates = np.array([float(row["learning_rate"]) for row in rows.values()])
    drawn = (y[-1] - y) / (y[-1] - y.min())
    assert rates[-1] == 0 and np.allclose(drawn, rates / rates.max(), rtol=1e-3)
    expect(page.locator("[data-part=rate]")).to_have_text("learning rate, from 0 to 0.001")

    page.locator("svg[data-part=chart]").scroll_into_view_if_needed()
    box = page.locator("svg[data-part=chart]").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2)
    point = page.locator("[data-part=point]").inner_text()
    number = int(point.split()[1])
    assert number in rows and 0.36 < number / max(rows) < 0.58
    assert f"loss {float(rows[number]['loss']):#.3g}" in point
    page.mouse.click(box["x"] + box["width"] - 14, box["y"] + box["height"] / 2)
    expect(page.locator("[data-part=caption]")).to_have_text(f"Samples at step {max(rows)}")


def test_fits_a_phone_in_chinese_and_opens_by_a_link(visit):
    page = visit("?tab=training&lang=zh", viewport=PHONE)
    page.wait_for_selector("#training_replay [data-part=all]")
    expect(page.locator("[data-part=caption]")).to_have_text("第 630 步的样本")
    expect(page.get_by_text("损失说明训练进行到了哪里")).to_be_visible()
    assert fits_a_phone(page)
    page.locator("#training_replay_slider").press("End")
    for name, words, bars in (("finished", "没有见过", 7), ("by_t", "千分之一", 10)):
        expect(page.locator(f"[data-part={name}_figure]")).to_contain_text(words)
        boxes = [text.bounding_box() for text in page.locator(f"[data-part={name}] text").all()]
        for row in (boxes[0::2], boxes[1::2]):  # values, and below them which t
            assert len(row) == bars
            for left, right in itertools.pairwise(row):
                assert left["x"] + left["width"] + 3 < right["x"]


def test_the_finished_models_loss_by_t_is_shown(page):
    report = json.loads((FOLDER / "report.json").read_text())["loss"]
    figure = page.locator("#training_replay [data-part=finished_figure]")
    expect(figure).to_contain_text("finished model's loss at some t")
    pairs = list(zip(report["t"], report["test"], strict=True))
    shown = [*pairs[::2], pairs[-1]]
    assert figure.locator("rect").count() == len(shown)
    assert figure.locator("svg").bounding_box()["width"] <= 640, "else its figures are too large"
    for t, loss in shown:
        expect(figure).to_contain_text(str(t))
        expect(figure).to_contain_text(f"{loss:#.2g}")


def test_the_loss_by_t_of_a_moment_is_shown_where_it_was_recorded(page, rows):
    moment = page.locator("#training_replay [data-part=by_t_figure]")
    finished = page.locator("#training_replay [data-part=finished]")
    before = finished.inner_html()
    expect(moment).to_be_hidden()  # at step 630
    expect(page.locator("[data-part=point]")).to_contain_text("step 630 · 9.8 min")
    page.locator("#training_replay_slider").press("End")
    labels = moment.locator("text").all_text_contents()[1::2]
    assert labels == ["≤200", *map(str, range(400, 2001, 200))]
    for tenth in range(10):
        loss = 1000 * float(rows[max(rows)][f"loss_t{tenth}"])
        assert moment.locator("text").nth(2 * tenth).text_content() == f"{float(f'{loss:.2g}'):g}"
    assert finished.inner_html() == before


def test_a_choice_made_before_the_last_is_there_counts(page):
    answers = "**/training/*.json"
    page.route(answers, lambda route: (page.wait_for_timeout(500), route.continue_()))
    with page.expect_request(answers):
        page.get_by_role("radio", name="fashion-28", exact=True).check()
    with page.expect_request(answers):
        page.get_by_role("radio", name="cats-32", exact=True).check()
    first = sorted((PRETRAINED / "cats-32" / "samples").glob("step-*.png"))[0]
    number = int(first.stem.removeprefix("step-"))
    expect(page.locator("[data-part=caption]")).to_have_text(f"Samples at step {number}")


def test_each_models_course_is_shown_and_a_rate_that_rises_anew_explained(page):
    explained = page.locator("#training_replay [data-part=anew]")
    rates = page.locator("#training_replay path.rate")
    expect(explained).to_contain_text("lower than before")
    for model in ("cats-32-v", "cats-64", "fashion-28", "cats-32"):
        before = rates.get_attribute("d")
        page.get_by_role("radio", name=model, exact=True).check()
        expect(rates).not_to_have_attribute("d", before)
        with (PRETRAINED / model / "training.csv").open(newline="") as file:
            rows = {int(row["number"]): row for row in csv.DictReader(file)}
        first = sorted((PRETRAINED / model / "samples").glob("step-*.png"))[0]
        number = int(first.stem.removeprefix("step-"))
        expect(page.locator("[data-part=caption]")).to_have_text(f"Samples at step {number}")
        loss = float(rows[min(rows, key=lambda n: abs(n - number))]["loss"])
        expect(page.locator("[data-part=point]")).to_contain_text(f"loss {loss:#.3g}")
        assert page.locator("#training_replay svg[data-part=chart] .cursor").count() == 1
        assert explained.is_visible() == (model == "cats-32")
