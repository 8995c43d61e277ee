"""The page's address, which Gradio's own dialogs use, too."""

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.mark.parametrize("dialog", ["Settings", "Use via API"])
def test_the_tab_stays_in_the_address_beside_a_dialog_of_gradios(visit, server, dialog):
    page = visit()
    page.goto(f"{server.url}?tab=training")
    page.wait_for_selector("[data-tab-id=training][aria-selected=true]")
    page.locator("footer button", has_text=dialog).click()
    page.wait_for_url("**view=*")
    page.reload()
    page.wait_for_selector("[data-tab-id=training][aria-selected=true]")
