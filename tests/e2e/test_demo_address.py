"""The page's address, in which Gradio's own dialogs write, too."""

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_the_tab_stays_beside_gradios_settings(visit):
    page = visit()
    page.get_by_role("tab", name="Training").click()
    page.locator("footer button", has_text="Settings").click()
    page.wait_for_url("**view=settings*")
    again = page.context.new_page()
    again.goto(page.url)
    again.wait_for_selector("[data-tab-id=training][aria-selected=true]")
