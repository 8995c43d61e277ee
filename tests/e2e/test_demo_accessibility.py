"""axe finds no serious fault on any tab, light or dark, and no tab is wider than a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.views import PHONE, TABS, fits_a_phone, generate, recolour

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


@pytest.mark.parametrize("tab", TABS)
def test_no_serious_fault_and_no_tab_is_wider_than_a_phone(visit, tab):
    for scheme, rules in (("light", None), ("dark", ["color-contrast"])):  # no other goes by it
        page = visit(f"?tab={tab}", color_scheme=scheme)
        page.wait_for_selector(f"[role=tab][data-tab-id={tab}][aria-selected=true]")
        page.wait_for_load_state("networkidle")
        if tab == "generate":
            generate(page, steps=20)
        assert not grave_faults(page, rules), scheme
    page.set_viewport_size(PHONE)
    assert fits_a_phone(page)


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
