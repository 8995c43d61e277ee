"""axe finds no serious fault on any tab, light or dark, and no tab is wider than a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.static_page import open_view
from tests.e2e.views import (
    PHONE,
    TABS,
    controls_on_paper,
    fits_a_phone,
    generate,
    recolour,
    start_is_in_sight,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def grave_faults(page, rules=None):
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    return [
        (fault["id"], node["html"][:200])
        for fault in Axe().run(page, options=options).response["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def test_these_are_the_tabs(visit):
    tabs = visit().locator("#views [role=tab]")
    assert set(tabs.evaluate_all("tabs => tabs.map((tab) => tab.dataset.tabId)")) == set(TABS)


@pytest.mark.parametrize(
    ("scheme", "rules"),
    [
        ("light", None),
        pytest.param("dark", ["color-contrast"], marks=pytest.mark.soak),  # no other goes by it
    ],
)
def test_no_serious_fault_and_no_tab_is_wider_than_a_phone(visit, scheme, rules):
    page = visit("?steps=20", color_scheme=scheme)
    wide = page.viewport_size
    generate(page)
    for name in TABS:
        open_view(page, name)
        assert not grave_faults(page, rules), name
        assert not controls_on_paper(page), name
        page.set_viewport_size(PHONE)
        assert fits_a_phone(page), name
        page.set_viewport_size(wide)


def test_a_phone_shows_every_view_in_chinese(visit):
    page = visit(viewport=PHONE, locale="zh-CN")
    for name in TABS:
        open_view(page, name)
        assert fits_a_phone(page), name
        assert start_is_in_sight(page, name), name
    expect(page.locator("[data-quantity=weightXt]")).to_contain_text("最大值 0.996，在 t = 651 处")
    expect(page.locator("#forward-page [data-part=verdict]")).to_contain_text("已看不出原图")
    expect(page.locator("[data-quantity=snr] b")).to_contain_text("信噪比")


def test_sliders_and_radios_show_the_focus(visit):
    page = visit()
    page.keyboard.press("Tab")
    for scheme in ("light", "dark"):
        recolour(page, scheme)
        for control, ring in (
            ("#steps input[type=range]", "#steps input[type=range]"),
            ("#variance input[type=radio]:checked", "#variance label:has(:checked)"),
        ):
            outline = page.locator(ring).first.evaluate_handle("(node) => getComputedStyle(node)")
            assert outline.evaluate("(style) => style.outlineStyle") == "none"
            page.locator(control).focus()
            assert outline.evaluate("(style) => style.outlineStyle") == "solid"
        page.evaluate("document.activeElement.blur()")
