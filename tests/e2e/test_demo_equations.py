"""The Equations view: the notes, each number with its code and its view."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from ddpm_hf.demo.texts import EN, ZH
from ddpm_hf.demo.views.equations.places import PLACES
from ddpm_hf.demo.views.equations.strings import VIEWS
from tests.e2e.static_page import SHOWN
from tests.e2e.views import PHONE, fill, fits_a_phone, slide

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


def slid(bar, value):
    return lambda page: slide(page.locator(bar), value)


def pressed(control):
    return lambda page: page.locator(control).first.click()


FORWARD, BAYES, PLAYER = "#forward-page [data-part={}]", "#bayes-page [data-part={}]", "#player"
REPLAY, CURSOR = "#training_replay_slider", "#schedule-page [data-part=t]"
MOVES = {
    "generate/overview": (pressed("#overview [data-part=training]"), "#overview"),
    "generate/run": (slid("#player [data-part=timeline]", 3), PLAYER),
    "generate/trail": (pressed("#player [data-part=filmstrip] button"), PLAYER),
    "generate/weights": (slid("#player [data-part=timeline]", 9), None),
    "forward/steps": (slid(FORWARD.format("t"), 1500), None),
    "forward/jump": (slid(FORWARD.format("t"), 100), None),
    "forward/noise": (slid(FORWARD.format("t"), 2000), FORWARD.format("stepsHistogram")),
    "forward/variances": (slid(FORWARD.format("t"), 700), None),
    "forward/end": (lambda page: fill(page, "forward-T", 100), None),
    "forward/misreading": (pressed(FORWARD.format("misreading")), FORWARD.format("jump")),
    "forward/rising": (pressed("#forward-picture [data-part=cats] button:last-child"), None),
    "jump/row": (slid("#jump-row [data-part=timeline]", 2), None),
    "bayes/densities": (slid(BAYES.format("x0"), 0.1), None),
    "bayes/parabolas": (slid(BAYES.format("x"), 0.9), None),
    "bayes/precision": (slid(BAYES.format("s"), 300), None),
    "bayes/lever": (slid(BAYES.format("xt"), -0.5), None),
    "bayes/sampling": (pressed(BAYES.format("sampled")), BAYES.format("sample")),
    **{
        f"bayes/line-{n}": (slid(BAYES.format("t"), 600 + n), "#bayes-lines [data-part=numbers]")
        for n in range(1, 12)
    },
    "noise/variances": (slid("#noise-row [data-part=timeline]", 2), None),
    "noise/plane": (slid("#playground [data-part=sigma]", 0), None),
    "schedule/beta": (slid(CURSOR, 20), None),
    "schedule/ratio": (slid(CURSOR, 30), None),
    "schedule/weights": (slid(CURSOR, 40), None),
    "training/algorithm-1": (pressed("#by_hand [data-part=trainRound]"), None),
    "training/algorithm-2": (pressed("#by_hand [data-part=sampleNext]"), None),
    "training/replay": (slid(REPLAY, 5), None),
    "training/gan": (pressed("#tiny [data-part=tinyTrain]"), "#tiny [data-part=progress]"),
    "equations/numbers": (pressed("#equations_notes a[href^='#code-']"), "#equations_code dialog"),
}
"""Of each place: how a reader moves it, and what changes; None for the place itself."""
READY = {"training": "#by_hand [data-part=loss]:not(:empty)"}  # its network has answered
LOOKS = """(node) => JSON.stringify([
  node.outerHTML,
  ...[node, ...node.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL?.()),
])"""


def test_each_line_of_the_notes_is_seen_where_it_says_and_moves(page):
    """The links are followed one after another; no run is on its way, so only the reader moves."""
    expect(page.locator("#overview .alive")).to_have_count(0)
    expect(page.locator("#player [data-part=play]")).to_contain_text("Play")
    page.emulate_media(reduced_motion="reduce")  # for the runs that other views show at first
    for name, (move, changes) in MOVES.items():
        page.evaluate(
            "(name) => document.querySelector(`#equations_lines a[href='#place-${name}']`).click()",
            name,
        )
        expect(page.locator(PLACES[name])).to_be_in_viewport()
        page.wait_for_selector(READY.get(view := name.split("/")[0]) or SHOWN[view])
        moved = page.locator(changes or PLACES[name])
        before = moved.evaluate(LOOKS)
        move(page)
        other = f"([node, was]) => ({LOOKS})(node) !== was"
        page.wait_for_function(other, arg=[moved.element_handle(), before])
    page.keyboard.press("Escape")
    page.emulate_media(reduced_motion="no-preference")


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
    page.locator("a[href='#code-N9']").first.click()
    expect(page.locator("#equations_code h2")).to_have_text("代码中的 N9")
    assert fits_a_phone(page)
