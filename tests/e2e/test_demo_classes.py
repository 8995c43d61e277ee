"""The model that draws by class: the pickers, the link, the script, the Training view."""

import csv

import numpy as np
import pytest
from playwright.sync_api import expect

from ddpm_hf.bundled import PRETRAINED
from tests.e2e.test_demo import canvas, generate
from tests.e2e.test_demo_generate import DONE, by_the_pages_script, tiled

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def choose(page, control, name):
    page.locator(f"#{control} input").click()
    page.get_by_role("option", name=name, exact=True).click()


def again(page, **values):
    """Another run on a page that shows one."""
    film = page.locator("[data-part=filmstrip]")
    before = film.get_attribute("data-run")
    generate(page, wait=False, **values)
    expect(film).not_to_have_attribute("data-run", before)
    page.wait_for_selector(DONE, timeout=60_000)


def drawn(page):
    """The pictures on the page, which are those of the script there."""
    shown = canvas(page, "noisy")
    images = [np.repeat(image[..., None], 3, axis=2) for image in by_the_pages_script(page)]
    assert np.array_equal(shown, tiled(images))
    return shown


def test_classes_and_guidance_come_with_the_model_and_go(visit):
    page = visit()
    expect(page.locator("#class")).to_be_hidden()
    expect(page.locator("#guidance")).to_be_hidden()
    choose(page, "model", "fashion-28")
    expect(page.locator("#class input")).to_have_value("one after the other")
    generate(page, seed=3, number=4, steps=12)
    each = drawn(page)

    choose(page, "class", "Trouser")
    expect(page.locator("#script")).to_contain_text("class_labels=1,")
    again(page)
    trousers = drawn(page)
    assert not np.array_equal(trousers, each)
    assert np.array_equal(trousers[:28, 28:], each[:28, 28:]), "class 1 is the second of each"

    page.locator("#guidance input[type=number]").fill("4")
    expect(page.locator("#script")).to_contain_text("guidance_scale=4,")
    again(page)
    assert not np.array_equal(drawn(page), trousers)

    choose(page, "class", "any")
    expect(page.locator("#script")).not_to_contain_text("guidance_scale")
    again(page)
    assert not np.array_equal(drawn(page), trousers)

    choose(page, "model", "cats-32")
    expect(page.locator("#class")).to_be_hidden()
    expect(page.locator("#script")).not_to_contain_text("class_labels")
    again(page)
    assert canvas(page, "noisy").shape == (64, 64, 3) and "class=" not in page.url


def test_a_link_chooses_the_class_and_speaks_chinese(visit, server):
    page = visit()
    link = "?model=fashion-28&class=7&guidance=3&seed=2&steps=12&number=4&lang=zh"
    page.goto(server.url + link)
    page.wait_for_selector(DONE, timeout=60_000)
    expect(page.locator("#class input")).to_have_value("运动鞋")
    expect(page.locator("#guidance input[type=number]")).to_have_value("3")
    expect(page.locator("#script")).to_contain_text("class_labels=7,")
    drawn(page)


@pytest.mark.parametrize("link", ["class=each", "class=3", "class=any", "model=fashion-28"])
def test_a_link_with_no_class_of_the_model_draws_all_the_same(visit, server, link):
    page = visit()
    page.goto(f"{server.url}?{link}&seed=1&steps=10&number=4")
    page.wait_for_selector(DONE, timeout=60_000)
    if "fashion" in link:
        expect(page.locator("#class input")).to_have_value("one after the other")
        drawn(page)
    else:
        expect(page.locator("#script")).not_to_contain_text("class_labels")
        expect(page.locator("#class")).to_be_hidden()
        assert np.array_equal(canvas(page, "noisy"), tiled(by_the_pages_script(page)))


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("?model=fashion-28&class=10&seed=1", "Class must be one of each, any, 0, 1, 2, 3, 4"),
        ("?model=fashion-28&class=3&guidance=99&seed=1", "Guidance must be from 0 to 10; got 99."),
    ],
)
def test_what_the_model_does_not_know_is_refused(visit, server, link, sentence):
    page = visit()
    page.goto(server.url + link)
    expect(page.get_by_text(sentence)).to_be_visible()


def test_a_choice_made_before_the_last_is_there_counts(visit):
    page = visit()
    page.locator("[data-tab-id=training]").click()
    page.wait_for_selector("#time_machine [data-part=all]", timeout=10_000)
    answers = "**/queue/data*"
    page.route(answers, lambda route: (page.wait_for_timeout(500), route.continue_()))
    with page.expect_request(answers):
        page.get_by_role("radio", name="fashion-28", exact=True).check()
    with page.expect_request(answers):
        page.get_by_role("radio", name="cats-32", exact=True).check()
    first = sorted((PRETRAINED / "cats-32" / "samples").glob("step-*.png"))[0]
    number = int(first.stem.removeprefix("step-"))
    expect(page.locator("[data-part=caption]")).to_have_text(f"Samples at step {number}")


def test_the_training_view_shows_each_models_course(visit):
    page = visit()
    page.locator("[data-tab-id=training]").click()
    page.wait_for_selector("#time_machine [data-part=all]", timeout=10_000)
    for model in ("fashion-28", "cats-32"):
        page.get_by_role("radio", name=model, exact=True).check()
        with (PRETRAINED / model / "training.csv").open(newline="") as file:
            rows = {int(row["number"]): row for row in csv.DictReader(file)}
        first = sorted((PRETRAINED / model / "samples").glob("step-*.png"))[0]
        number = int(first.stem.removeprefix("step-"))
        expect(page.locator("[data-part=caption]")).to_have_text(f"Samples at step {number}")
        loss = float(rows[min(rows, key=lambda n: abs(n - number))]["loss"])
        expect(page.locator("[data-part=point]")).to_contain_text(f"loss {loss:#.3g}")
        assert page.locator("#time_machine svg[data-part=chart] .cursor").count() == 1
