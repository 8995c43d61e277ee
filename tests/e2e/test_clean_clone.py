"""A stranger's first minute: clone, `make demo`, and the page is there."""

import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.conftest import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROOT = Path(__file__).parent.parent.parent


def test_make_demo_serves_the_page_from_a_clean_clone(tmp_path):
    """With requirements.txt alone in a virtual environment of its own, and the Hub out of reach."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment |= {"GRADIO_SERVER_PORT": str(port), "HF_HUB_OFFLINE": "1"}
    environment |= {"MAKEFLAGS": "", "MAKELEVEL": "0"}
    environment |= {"PIP_NO_COMPILE": "1"}  # a minute for files most of which no one imports
    process = subprocess.Popen(
        ["make", "demo", "VENV=.venv"], cwd=clone, env=environment, start_new_session=True
    )
    try:
        for _ in range(600):
            try:
                page = urllib.request.urlopen(f"http://127.0.0.1:{port}/").read().decode()
                break
            except OSError:
                assert process.poll() is None, "make demo ended"
                time.sleep(1)
        assert "gradio" in page
        installed = subprocess.check_output([clone / ".venv/bin/pip", "list"], text=True)
        assert "ddpm" not in installed and "openvino " in installed
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
