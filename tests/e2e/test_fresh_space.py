"""The Space as the Hub's builder makes it: what was uploaded, in an environment of its own."""

import os
import subprocess
import sys

import httpx
import numpy as np
import pytest
from gradio_client import Client
from huggingface_hub import metadata_load
from PIL import Image

from ddpm_hf import DDPMPipeline
from ddpm_hf.hub import space
from ddpm_hf.hub.space import SpaceConfig, publish
from tests.e2e.conftest import Server
from tests.hub import USER

pytestmark = [pytest.mark.e2e, pytest.mark.soak]

NAME = f"{USER}/ddpm"
BUILDERS = ("uvicorn>=0.14.0", "websockets>=10.4", "spaces")
"""What the builder installs beside the Space's requirements and its sdk, by the Hub's documents."""


@pytest.fixture
def checkout(online, tmp_path, monkeypatch):
    """The tree of a published Space in a folder of its own."""
    monkeypatch.setattr(space, "SECONDS_BETWEEN_LOOKS", 0.0)
    online.stages[:] = ["BUILDING", "RUNNING"]
    publish(SpaceConfig(NAME))
    for path, content in online.repos[f"spaces/{NAME}"].files.items():
        (tmp_path / "space" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "space" / path).write_bytes(content)
    return tmp_path / "space"


@pytest.fixture
def installed(checkout, tmp_path):
    """The Python of a fresh environment with what the builder puts into it."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    sdk = f"gradio[oauth,mcp]=={metadata_load(checkout / 'README.md')['sdk_version']}"
    wanted = ["-r", checkout / "requirements.txt", sdk, *BUILDERS]
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *wanted], env=environment, check=True
    )
    return python


def test_an_uploaded_space_starts_and_draws(checkout, installed, seeded):
    server = Server(installed, checkout, PYTHONPATH="")
    try:
        drawn = Client(server.url, verbose=False).predict(0, 1, 10, api_name="/generate")
        tools = httpx.get(f"{server.url}gradio_api/mcp/schema").raise_for_status().json()
    finally:
        server.process.terminate()
        server.process.wait(30)
    seen = np.asarray(Image.open(drawn["images"][0]))
    pipe = DDPMPipeline.from_pretrained("cats-32")
    wanted = pipe(generator=[seeded(0)], num_inference_steps=10).images[0]
    assert np.abs(seen.astype(int) - np.asarray(wanted)).max() <= 1
    assert any("generate" in tool["name"] for tool in tools)
