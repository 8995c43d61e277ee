"""The model that draws by class: the pickers, the link, the script."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.views import DONE, by_the_pages_script, canvas, choose, generate, tiled

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def drawn(page):
    """The pictures on the page, which are those of the script there."""
    shown = canvas(page, "noisy")
    assert np.array_equal(shown, tiled(by_the_pages_script(page)))
    return shown


def test_classes_and_guidance_come_with_the_model_and_go(visit):
    page = visit()
    expect(page.locator("#class")).to_be_hidden()
    expect(page.locator("#guidance")).to_be_hidden()
    choose(page, "model", "fashion-28")
    expect(page.locator("#class input")).to_have_value("one after the other")
    generate(page, seed=3, number=4, steps=10)
    each = drawn(page)

    choose(page, "class", "Trouser")
    expect(page.locator("#script")).to_contain_text("class_labels=1,")
    generate(page)
    trousers = drawn(page)
    assert not np.array_equal(trousers, each)
    assert np.array_equal(trousers[:28, 28:], each[:28, 28:]), "class 1 is the second of each"

    page.locator("#guidance input[type=number]").fill("4")
    expect(page.locator("#script")).to_contain_text("guidance_scale=4,")
    generate(page)
    assert not np.array_equal(drawn(page), trousers)

    choose(page, "class", "any")
    expect(page.locator("#script")).not_to_contain_text("guidance_scale")
    generate(page)
    assert not np.array_equal(drawn(page), trousers)

    choose(page, "model", "cats-32")
    expect(page.locator("#class")).to_be_hidden()
    expect(page.locator("#script")).not_to_contain_text("class_labels")
    generate(page)
    assert canvas(page, "noisy").shape == (16, 16, 3) and "class=" not in page.url


def test_a_link_chooses_the_class_and_speaks_chinese(visit):
    page = visit("?model=fashion-28&class=7&guidance=3&seed=2&steps=10&number=4&lang=zh")
    page.wait_for_selector(DONE)
    expect(page.locator("#class input")).to_have_value("运动鞋")
    expect(page.locator("#guidance input[type=number]")).to_have_value("3")
    expect(page.locator("#script")).to_contain_text("class_labels=7,")
    drawn(page)


@pytest.mark.parametrize(
    "link",
    ["class=each", pytest.param("class=any", marks=pytest.mark.soak)],
)
def test_a_link_with_classes_for_a_model_without_any_draws_all_the_same(visit, tiny, link):
    page = visit(f"?{link}&seed=1&steps=10&number=4")
    page.wait_for_selector(DONE)
    expect(page.locator("#script")).not_to_contain_text("class_labels")
    expect(page.locator("#class")).to_be_hidden()
    assert np.array_equal(canvas(page, "noisy"), tiled(by_the_pages_script(page, tiny.pipeline)))


def test_a_link_without_a_class_draws_one_after_the_other(visit):
    page = visit("?model=fashion-28&seed=1&steps=10&number=4")
    page.wait_for_selector(DONE)
    expect(page.locator("#class input")).to_have_value("one after the other")
    drawn(page)


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("?model=fashion-28&class=10&seed=1", "Class must be one of each, any, 0, 1, 2, 3, 4"),
        ("?model=fashion-28&class=3&guidance=99&seed=1", "Guidance must be from 0 to 10; got 99."),
    ],
)
def test_what_the_model_does_not_know_is_refused(visit, link, sentence):
    expect(visit(link).get_by_text(sentence)).to_be_visible()
