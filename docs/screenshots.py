"""Take README's pictures of the running demo, one a view: `python docs/screenshots.py`.

Needs Debian's Chromium.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent


def _move(page, bar, value):
    page.locator(bar).first.evaluate(
        "(bar, at) => { bar.value = at; bar.dispatchEvent(new Event('input')); }", str(value)
    )


def generate(page):
    """In the middle of a finished run."""
    page.click("#generate")
    page.wait_for_selector("[data-complete=true]", timeout=120_000)
    _move(page, "[data-part=timeline]", 72)


def forward(page):
    """A quarter of the way to noise."""
    _move(page, "#forward-page input[type=range]", 500)


def jump(page):
    page.click("#jump-start")
    page.wait_for_selector("#jump-row [data-part=verdict]:not(:empty)", timeout=120_000)


def bayes(page):
    """At the completed square, with sampled pairs."""
    for _ in range(4):
        page.click("#bayes-lines [data-part=next]")
    page.check("#bayes-page [data-part=sampled]")


def noise(page):
    page.click("#noise-start")
    page.wait_for_selector("#noise-row [data-part=verdict]:not(:empty)", timeout=120_000)


def as_it_is(page):
    page.wait_for_timeout(1500)


VIEWS = {
    "generate": generate,
    "forward": forward,
    "jump": jump,
    "bayes": bayes,
    "noise": noise,
    "schedule": as_it_is,
    "training": as_it_is,
    "equations": as_it_is,
}


def shoot(folder, width=1280, height=900, full_page=False, language="en", **context):
    """One PNG for each view into the folder; `context`: of Playwright's new_context."""
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
            page = browser.new_context(viewport=size, **context).new_page()
            for name, prepare in VIEWS.items():
                page.goto(f"{url}?tab={name}&lang={language}")
                page.wait_for_selector("#views")
                page.wait_for_timeout(2000)
                prepare(page)
                page.evaluate("window.scrollTo(0, 0)")
                page.screenshot(path=Path(folder) / f"{name}.png", full_page=full_page)
            browser.close()
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    shoot(HERE)
