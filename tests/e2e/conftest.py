import gzip
import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

FASHION = Path("/usr/share/datasets/fashion-mnist")
BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def fashion(tmp_path_factory):
    """1,000 pictures of Fashion-MNIST as a local parquet data set: grey, column `img`."""
    if not FASHION.is_dir():
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    folder = tmp_path_factory.mktemp("fashion")
    with gzip.open(FASHION / "train-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(FASHION / "train-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)

    def rows():
        for picture, label in zip(pixels[:1000], labels[:1000], strict=True):
            png = io.BytesIO()
            Image.fromarray(picture).save(png, "PNG")
            yield {"img": {"bytes": png.getvalue(), "path": None}, "label": int(label)}

    features = datasets.Features({"img": datasets.Image(), "label": datasets.Value("int64")})
    made = datasets.Dataset.from_list(list(rows()), features=features)
    made.to_parquet(folder / "train.parquet")
    return folder


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed (Debian's package: chromium)")
    return path


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """`python app.py`, offline, on a port of its own, with a proxy that does not answer."""

    def __init__(self, **settings):
        self.url = f"http://127.0.0.1:{(port := free_port())}/"
        self.port = port
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "GRADIO_SERVER_PORT": str(port)}
        environment |= dict.fromkeys(
            ("HTTP_PROXY", "HTTPS_PROXY"), f"http://127.0.0.1:{free_port()}"
        )
        environment |= settings
        self.process = subprocess.Popen([sys.executable, "app.py"], env=environment)
        for _ in range(600):
            try:
                urllib.request.urlopen(self.url)
                return
            except OSError:
                assert self.process.poll() is None, "app.py ended"
                time.sleep(0.2)
        raise TimeoutError("app.py does not answer")

    def cpu_seconds(self):
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="session")
def server():
    running = Server()
    yield running
    running.process.terminate()
    running.process.wait(30)


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
        yield started
        started.close()


@pytest.fixture
def visit(server, browser):
    """Open the page; afterwards: no console error, no request that left localhost."""
    contexts, errors, requests = [], [], []

    def open_page(**settings):
        context = browser.new_context(**{"locale": "en-US", **settings})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.on("request", lambda r: requests.append(r.url))
        page.requests = requests
        page.goto(server.url)
        page.wait_for_selector("#generate")
        # The page scripts, which are modules, have come.
        page.wait_for_selector("#player [data-part=status]:not(:empty)", state="attached")
        page.wait_for_timeout(500)
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")  # an answer held back need not come
        context.close()
    away = [u for u in requests if not u.startswith((server.url, "data:", "blob:"))]
    assert not away and not errors
