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
from playwright.sync_api import expect, sync_playwright

from tests.e2e.tiny_server import TinyServer
from tests.e2e.windows import BROWSER, PATIENCE, Windows, visits

FASHION = Path("/usr/share/datasets/fashion-mnist")


def pytest_configure(config):
    """Gradio's own, of what it asks of pandas."""
    config.addinivalue_line("filterwarnings", "ignore::Warning:gradio")


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
    """`python app.py`, offline, on a port of its own, with a proxy that does not answer.

    python, folder: another interpreter, and where another app.py lies.
    """

    def __init__(self, python=sys.executable, folder=None, **settings):
        self.url = f"http://127.0.0.1:{(port := free_port())}/"
        self.port = port
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "GRADIO_SERVER_PORT": str(port)}
        environment |= dict.fromkeys(
            ("HTTP_PROXY", "HTTPS_PROXY"), f"http://127.0.0.1:{free_port()}"
        )
        environment |= settings
        self.process = subprocess.Popen([python, "app.py"], cwd=folder, env=environment)
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
def tiny_server():
    running = TinyServer(free_port())
    yield running
    running.close()


@pytest.fixture
def tiny(tiny_server):
    """The demo on a tiny network, in this process."""
    tiny_server.network.calls.clear()
    yield tiny_server
    tiny_server.network.run()


@pytest.fixture(scope="session")
def browser(chromium):
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
        yield started
        started.close()


@pytest.fixture(scope="session")
def windows(browser):
    return Windows(browser)


@pytest.fixture
def visit(tiny, windows):
    """Open the page of the tiny server: `visit("?tab=training", locale="zh-CN")`."""
    with visits(tiny.url, windows) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def visit_shared(tiny_server, windows):
    """As `visit`, for a page that a module's tests share."""
    with visits(tiny_server.url, windows, name="shared") as open_page:
        yield open_page


@pytest.fixture
def visit_trained(server, windows):
    """Open the page that app.py serves, with the trained models."""
    with visits(server.url, windows) as open_page:
        yield open_page
