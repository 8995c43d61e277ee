"""Take README's pictures of the running demo: `python docs/screenshots.py`.

A moving one of Generate, and stills of three other views. Needs Debian's Chromium.
"""

import io
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
RUN = "model=cats-64&seed=3&number=4&steps=60"
"""The settings of the run that README shows."""
FRAMES, FRAME_MS, LAST_FRAME_MS, QUALITY = 29, 130, 2500, 35


def _move(page, bar, value):
    page.locator(bar).first.evaluate(
        "(bar, at) => { bar.value = at; bar.dispatchEvent(new Event('input')); }", str(value)
    )


def forward(page):
    """A quarter of the way to noise."""
    _move(page, "#forward-page input[type=range]", 500)


def bayes(page):
    """At the completed square, with sampled pairs."""
    for _ in range(4):
        page.click("#bayes-lines [data-part=next]")
    page.check("#bayes-page [data-part=sampled]")


def as_it_is(page):
    page.wait_for_timeout(1500)


VIEWS = {
    "forward": forward,
    "bayes": bayes,
    "schedule": as_it_is,
}


@contextmanager
def demo(width, height, **context):
    """The address of a running app.py, and a page; `context`: of Playwright's new_context."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port)}
    server = subprocess.Popen([sys.executable, "app.py"], cwd=HERE.parent, env=environment)
    try:
        while server.poll() is None:
            try:
                urllib.request.urlopen(url)
                break
            except OSError:
                time.sleep(0.2)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
            )
            size = {"width": width, "height": height}
            yield url, browser.new_context(viewport=size, **context).new_page()
            browser.close()
    finally:
        server.terminate()
        server.wait()


def shoot(folder, width=1280, height=900, full_page=False, language="en", **context):
    """One PNG for each view but Generate into the folder."""
    with demo(width, height, **context) as (url, page):
        for name, prepare in VIEWS.items():
            page.goto(f"{url}?tab={name}&lang={language}")
            page.wait_for_selector("#views")
            page.wait_for_timeout(2000)
            prepare(page)
            page.evaluate("window.scrollTo(0, 0)")
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=full_page)


def frames():
    """Generate down to the curves, at evenly spread steps of a finished run, to the picture."""
    with demo(1024, 900) as (url, page):
        page.goto(f"{url}?{RUN}&lang=en")  # runs at once
        page.wait_for_selector("[data-complete=true]", timeout=600_000)
        timeline = "#player [data-part=timeline]"
        strip = page.locator("#player [data-part=strip]").bounding_box()
        clip = {"x": 0, "y": 0, "width": 1024, "height": strip["y"] + strip["height"] + 6}
        last = int(page.get_attribute(timeline, "max"))
        for k in range(FRAMES):
            _move(page, timeline, round(k * last / (FRAMES - 1)))
            yield Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")


def film(path):
    """The frames as an animated WebP, the last one shown longer."""
    first, *rest = frames()
    durations = [FRAME_MS] * len(rest) + [LAST_FRAME_MS]
    first.save(path, save_all=True, append_images=rest, duration=durations, loop=0, quality=QUALITY)


if __name__ == "__main__":
    film(HERE / "generate.webp")
    shoot(HERE)
