"""axe finds no serious fault on any tab, light or dark, and no tab is wider than a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from ddpm_hf.demo.texts import EN

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

TABS = [key.removesuffix("_tab") for key in EN if key.endswith("_tab")]


def open_tab(page, server, tab):
    page.goto(f"{server.url}?tab={tab}")
    page.wait_for_selector(f"[role=tab][data-tab-id={tab}][aria-selected=true]", timeout=20_000)
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", TABS)
def test_no_serious_fault(visit, server, tab, scheme):
    page = visit(color_scheme=scheme)
    open_tab(page, server, tab)
    if tab == "generate":
        page.click("#generate")
        page.wait_for_selector("[data-complete=true]", timeout=60_000)
    found = Axe().run(page).response["violations"]
    grave = [
        (fault["id"], node["html"][:200])
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
    assert not grave


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sliders_and_radios_show_the_focus(visit, scheme):
    page = visit(color_scheme=scheme)
    page.keyboard.press("Tab")
    for control, ring in (
        ("#steps input[type=range]", "#steps input[type=range]"),
        ("#variance input[type=radio]:checked", "#variance label:has(:checked)"),
    ):
        outline = page.locator(ring).first.evaluate_handle("(node) => getComputedStyle(node)")
        assert outline.evaluate("(style) => style.outlineStyle") == "none"
        page.locator(control).focus()
        assert outline.evaluate("(style) => style.outlineStyle") == "solid"


@pytest.mark.parametrize("tab", TABS)
def test_no_tab_is_wider_than_a_phone(visit, server, tab):
    page = visit(viewport={"width": 390, "height": 844})
    open_tab(page, server, tab)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
