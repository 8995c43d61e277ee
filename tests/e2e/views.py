"""What the tests of all views do: open a tab, look at pixels, move a slider."""

import base64
import io

import numpy as np
from PIL import Image


def open_tab(page, name):
    """Choose a tab, by a person's means; on a phone it may be behind the "…" button."""
    tab = page.get_by_role("tab", name=name)
    if not tab.is_visible():
        page.locator("#views .overflow-menu button").first.click()
        tab = page.locator("#views .overflow-dropdown button", has_text=name)
    tab.click()
    page.wait_for_selector(".view >> visible=true")


def pixels(canvas):
    """A canvas's pixels, (height, width, 3)."""
    url = canvas.evaluate("canvas => canvas.toDataURL('image/png')")
    return np.array(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"))


def slide(bar, value):
    """Move one of the page's own sliders, as a drag does."""
    bar.evaluate(
        "(bar, at) => { bar.value = at; bar.dispatchEvent(new Event('input')); }", str(value)
    )


def fill(page, elem_id, value):
    """Type a number into one of Gradio's controls."""
    box = page.locator(f"#{elem_id} input[type=number]")
    box.fill(str(value))
    box.blur()


def listen(page):
    """Keep what a screen reader is told of a run, from now on, in `window.spoken`."""
    page.evaluate(
        """() => {
          const node = document.querySelector("#player [role=status]");
          window.spoken = [];
          new MutationObserver(() => window.spoken.push(node.textContent))
            .observe(node, { childList: true, characterData: true, subtree: true });
        }"""
    )
