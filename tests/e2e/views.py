"""What the tests of all views do: open a tab, choose, start a run, look at pixels."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import expect

from ddpm_hf import DDPMPipeline

ANSWERS = "/(gradio_api/(?!heartbeat)|schedules/|training/|models/.*/plans/)"
PHONE = {"width": 390, "height": 844}
TABS = (
    "generate",
    "forward",
    "jump",
    "edit",
    "bayes",
    "noise",
    "schedule",
    "training",
    "equations",
)
STARTS = {
    "generate": "#generate",
    "jump": "#jump-start",
    "edit": "#edit-start",
    "noise": "#noise-start",
}
"""What starts a view's run."""
DONE = "[data-complete=true]"
STATUS = "#player [data-part=status]"


def open_tab(page, name):
    """Choose a tab, by a person's means."""
    page.get_by_role("tab", name=name).click()
    page.wait_for_selector(".view >> visible=true")


def answered(page, since):
    """What Python was asked since then; scripts and recorded runs may come in an idle moment."""
    return [url for url in page.requests[since:] if re.search(ANSWERS, url)]


def start_is_in_sight(page, name):
    """Whether a view's run can be started without scrolling, if it has one."""
    if name not in STARTS:
        return True
    box = page.locator(STARTS[name]).bounding_box()
    return 0 <= box["y"] <= PHONE["height"] - box["height"]


def recolour(page, scheme):
    """Make the page light or dark, as the reader's machine does at dusk."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_selector("body.dark" if scheme == "dark" else "body:not(.dark)")
    page.evaluate(
        """() => Promise.allSettled(
          document.getAnimations().filter((a) => a instanceof CSSTransition).map((a) => a.finished)
        )"""
    )


def controls_on_paper(page):
    """What a printed page would show that is of use on a screen alone."""
    page.emulate_media(media="print")
    found = page.locator("footer, button, input, select, textarea").evaluate_all(
        "nodes => nodes.filter((node) => node.checkVisibility() && !node.querySelector('canvas'))"
        ".map((node) => node.outerHTML.slice(0, 150))"
    )
    page.emulate_media(media="screen")
    return found


BROKEN_PICTURES = (
    "[...document.images]"
    ".filter((i) => i.checkVisibility() && i.complete && !i.naturalWidth).length"
)
"""Of how many pictures the page shows the sign for a broken one."""


def fits_a_phone(page):
    """Whether no part of the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def pixels(canvas):
    """A canvas's pixels, (height, width, 3)."""
    url = canvas.evaluate("canvas => canvas.toDataURL('image/png')")
    return np.array(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"))


def canvas(page, name):
    """The pixels of one of the player's screens."""
    return pixels(page.locator(f"canvas[data-part={name}]"))


def slide(bar, value):
    """Move one of the page's own sliders, as a drag does."""
    bar.evaluate(
        "(bar, at) => { bar.value = at; bar.dispatchEvent(new Event('input')); }", str(value)
    )


def scrub(page, position):
    """Go to one of the player's frames."""
    slide(page.locator("#player [data-part=timeline]"), position)


def fill(page, elem_id, value):
    """Type a number into one of Gradio's controls."""
    box = page.locator(f"#{elem_id} input[type=number]")
    box.fill(str(value))
    box.blur()


def choose(page, elem_id, name):
    """Choose from one of Gradio's drop-down lists."""
    page.locator(f"#{elem_id} input").click()
    page.get_by_role("option", name=name, exact=True).click()


def generate(page, wait=True, **values):
    """Press Generate, with these numbers; wait for the end of that run."""
    for name, value in values.items():
        fill(page, name, value)
    film = page.locator("#player [data-part=filmstrip]")
    before = film.get_attribute("data-run")
    page.click("#generate")
    if wait:
        if before:
            expect(film).not_to_have_attribute("data-run", before)
        page.wait_for_selector(DONE)


def by_the_pages_script(page, pipeline=None):
    """The pictures that the lines on the page make when they are run.

    pipeline: what they are to load, whatever its name is; the named model if none is given.
    """
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        if pipeline is not None:
            own = pipeline.with_scheduler(pipeline.scheduler)  # to which they may give another
            patch.setattr(DDPMPipeline, "from_pretrained", lambda name: own)
        exec("\n".join(page.locator("#script .cm-line").all_inner_texts()), names)
    return [np.array(image.convert("RGB")) for image in names["images"]]


def tiled(images):
    """Four pictures, two by two."""
    return np.vstack([np.hstack(images[:2]), np.hstack(images[2:])])


def hold_the_queue(page):
    """Keep runs that are started from Gradio, until what is returned is called."""
    held, is_open = [], False

    def take(route):
        route.continue_() if is_open else held.append(route)

    def let_go():
        nonlocal is_open
        is_open = True
        for route in held:
            route.continue_()

    page.route("**/queue/join**", take)
    return let_go


def next_frames(page):
    """Let the page draw itself a few times."""
    page.evaluate(
        """() => new Promise((resolve) => {
          let left = 10;
          const drawn = () => (left-- ? requestAnimationFrame(drawn) : resolve());
          drawn();
        })"""
    )


def listen(page):
    """Keep what a screen reader is told of a run, from now on, in `window.spoken`."""
    page.wait_for_selector("#player [role=status]:not(:empty)", state="attached")
    page.evaluate(
        """() => {
          const node = document.querySelector("#player [role=status]");
          window.spoken = [];
          new MutationObserver(() => window.spoken.push(node.textContent))
            .observe(node, { childList: true, characterData: true, subtree: true });
        }"""
    )


def downloaded(page, name, file="ddpm.png"):
    """What the player gives to keep."""
    with page.expect_download() as download:
        page.click(f"#player [data-part={name}]")
    assert download.value.suggested_filename == file
    return Image.open(io.BytesIO(download.value.path().read_bytes()))


def shots(film):
    """The frames of a moving picture, and how many milliseconds each stands."""
    frames, durations = [], []
    for frame in ImageSequence.Iterator(film):
        frames.append(np.array(frame.convert("RGB"), int))
        durations.append(frame.info["duration"])
    return frames, durations
