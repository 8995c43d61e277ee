"""The Equations view: the notes, each number with its code and its view."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from ddpm_hf.demo.texts import EN, ZH
from ddpm_hf.demo.views.equations.strings import VIEWS
from tests.e2e.views import PHONE, fits_a_phone

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROOT = Path(__file__).parents[2]


def opened(visit, **settings):
    page = visit(**settings)
    page.locator("[data-tab-id=equations]").click()
    page.wait_for_selector("#equations_notes .katex")
    return page


@pytest.fixture(scope="module")
def page(visit_shared):
    """One page for all tests that stay in the view."""
    return opened(visit_shared)


def test_every_number_shows_its_line_of_code(page):
    assert page.locator("#equations_notes .katex-error").count() == 0
    dialog = page.locator("#equations_code dialog")
    for n in range(1, 18):
        page.locator(f"#equations_notes a[href='#code-N{n}']").click()
        expect(dialog.locator("h2")).to_have_text(f"N{n} in the code")
        places = dialog.evaluate(
            """(dialog) => {
              const marks = dialog.querySelectorAll("pre mark");
              const told = (mark) => [mark.dataset.line, mark.innerText];
              const place = (title, n) => [title.innerText, ...told(marks[n])];
              return Array.from(dialog.querySelectorAll("h3"), place);
            }"""
        )
        assert places
        for title, marked_line, marked in places:
            file, line = title.split(":")
            lines = (ROOT / file).read_text().splitlines()
            assert marked_line == line
            assert marked.strip() == lines[int(line) - 1].strip()
            assert f"(N{n})" in marked
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()


def test_the_damaged_reading_stands_beside_the_right_one(page):
    rows = page.locator("#equations_notes tbody tr")
    assert rows.count() == 17
    cells = rows.nth(3).locator("td")
    expect(cells.nth(0)).to_have_text("N4")
    assert "prod" in " ".join(cells.nth(1).locator("annotation").all_text_contents())
    assert "sum" in cells.nth(2).locator("annotation").first.text_content()
    assert "$" not in page.locator("#equations_notes").inner_text()


def test_a_link_leads_to_the_top_of_its_view_and_back_to_itself(visit):
    page = opened(visit)
    page.evaluate("history.scrollRestoration = 'manual'")  # which comes at times too early
    titles = page.locator("#views [role=tab]").all_inner_texts()
    links = page.locator("#equations_notes a[href^='#view-']")
    assert set(links.all_inner_texts()) <= set(titles)
    rows = page.locator("#equations_notes tbody tr")
    for number, tab in ((13, "generate"), (14, "training")):
        link = rows.nth(number).locator(f"a[href='#view-{tab}']")
        link.focus()
        before = page.evaluate("scrollY")
        page.keyboard.press("Enter")
        page.wait_for_selector(f"[data-tab-id={tab}][aria-selected=true]")
        assert page.evaluate("document.activeElement.dataset.tabId") == tab
        assert before > 500 and -2 < page.locator("#views").bounding_box()["y"] < 200
        assert re.search(rf"[?&]tab={tab}", page.url)
        if tab == "training":
            page.wait_for_selector("#training_replay [data-part=all]")
        page.go_back()
        expect(link).to_be_in_viewport()
        assert abs(page.evaluate("scrollY") - before) < 2


def test_an_underscore_stands_apart_from_its_links_underline(visit):
    page = opened(visit, device_scale_factor=3)
    code = page.get_by_text("equations.q_step", exact=True)
    code.scroll_into_view_if_needed()
    box = code.evaluate(
        """(code) => {
          const range = document.createRange(), at = code.textContent.indexOf("_");
          range.setStart(code.firstChild, at);
          range.setEnd(code.firstChild, at + 1);
          return range.getBoundingClientRect().toJSON();
        }"""
    )
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"], "width": 1, "height": 24}
    column = np.array(Image.open(io.BytesIO(page.screenshot(clip=middle))).convert("L"))[:, 1]
    ink = column < (int(column.min()) + int(column.max())) // 2
    assert np.count_nonzero(np.diff(ink.astype(int)) == 1) == 2, "two lines, with a gap"


def test_no_line_ends_inside_a_chinese_paragraph():
    """The page would show it as a space."""
    assert not re.search(r"[^\n|]\n[^\n|]", ZH["equations_notes"])


def test_what_can_be_seen_in_generate_bears_its_number():
    for words in (EN, ZH):
        said = " ".join(text for key, text in words.items() if key.startswith("generate_"))
        for number, views in VIEWS.items():
            assert "generate" not in views or re.search(rf"{number}(?!\d)", said), number


def test_fits_a_phone_in_chinese(visit):
    page = visit("?tab=equations&lang=zh", viewport=PHONE)
    page.wait_for_selector("#equations_notes .katex")
    expect(page.get_by_role("heading", name="重建")).to_be_visible()
    assert fits_a_phone(page)
    empty = page.locator("#equations_notes td.nothing")
    assert empty.count() > 0 and empty.locator("visible=true").count() == 0, "they take no room"
    page.locator("a[href='#code-N9']").click()
    expect(page.locator("#equations_code h2")).to_have_text("代码中的 N9")
    assert fits_a_phone(page)
