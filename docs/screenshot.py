"""Take README's picture of the running demo: `python docs/screenshot.py` (needs Chromium)."""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

URL = "http://127.0.0.1:7899/"
CHROMIUM = "/usr/bin/chromium"

server = subprocess.Popen(
    [sys.executable, "app.py"], env={**os.environ, "GRADIO_SERVER_PORT": "7899"}
)
try:
    for _ in range(300):
        try:
            urllib.request.urlopen(URL)
            break
        except OSError:
            time.sleep(0.2)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 760}, locale="en-US")
        page.goto(URL)
        page.click("#generate")
        page.wait_for_selector("[data-complete=true]", timeout=120_000)
        page.locator("[data-part=timeline]").evaluate(
            "bar => { bar.value = 80; bar.dispatchEvent(new Event('input')); }"
        )
        page.evaluate("window.scrollTo(0, 0)")
        page.screenshot(path=Path(__file__).parent / "demo.png")
        browser.close()
finally:
    server.terminate()
    server.wait()
