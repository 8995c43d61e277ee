"""The page's address, in which Gradio's own dialogs write, too."""

import pytest

from tests.e2e.windows import leave

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


CHOOSE = """(names) => names.forEach((name) =>
  document.querySelector(`#views [role=tab][data-tab-id=${name}]`).click())"""
"""Click on tabs before the page has drawn a frame in between, as on a busy machine."""


def test_back_goes_from_tab_to_tab(visit):
    page = visit()
    page.evaluate(CHOOSE, ["training", "equations", "equations"])
    selected = "[data-tab-id={}][aria-selected=true]".format
    page.wait_for_url("**tab=equations*")
    page.go_back()
    page.wait_for_selector(selected("training"))
    page.go_back()
    page.wait_for_selector(selected("generate"))
    page.go_forward()
    page.wait_for_selector(selected("training"))


def test_the_tab_stays_beside_gradios_settings(visit):
    page = visit()
    page.get_by_role("tab", name="Training").click()
    page.locator("footer button", has_text="Settings").click()
    page.wait_for_url("**view=settings*")
    address = page.url
    leave(page)
    page.goto(address)
    page.wait_for_selector("[data-tab-id=training][aria-selected=true]")
