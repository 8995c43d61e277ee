"""Publishing the page as a Space, to a Hub on loopback by the Hub's own client."""

import re
import subprocess

import pytest

from ddpm_hf.hub import space, space_files
from ddpm_hf.hub.space import SpaceConfig, publish
from tests.hub import TOKEN, USER, Repo

NAME = f"{USER}/ddpm"


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone with what must never be uploaded lying in it."""
    root = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(space_files.ROOT), str(root)], check=True)
    for name in (".env", "out/model.bin", "samples/0.png", ".venv/x.py", "runs/log", "ddpm_hf/x"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("HF_TOKEN=secret")
    monkeypatch.setattr(space_files.contents, "__defaults__", (None, root))
    return root


@pytest.fixture
def online(hub, tmp_path, monkeypatch):
    """The client in this process talks to the Hub on loopback."""
    for name, value in hub.environment(tmp_path / "home", TOKEN).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    monkeypatch.setattr("huggingface_hub.hf_api.constants.ENDPOINT", hub.url)
    monkeypatch.setattr(space, "SECONDS_BETWEEN_LOOKS", 0.0)
    hub.stages[:] = ["BUILDING", "APP_STARTING", "RUNNING"]
    return hub


def config(**changes):
    return SpaceConfig(NAME, **changes)


def test_a_space_has_what_git_tracks_of_the_page_and_nothing_else(clone, online, capsys):
    publish(config())
    repo = online.repos[f"spaces/{NAME}"]
    assert repo.hardware == "zero-a10g" and not repo.private
    assert {"app.py", "README.md", "requirements.txt", "ddpm_hf/__init__.py"} <= set(repo.files)
    roots = {path.split("/")[0] for path in repo.files}
    assert roots == {
        *("README.md", "NOTES.md", "NOTES.zh.md", "LICENSE", "NOTICE", "app.py"),
        *("requirements.txt", "docs", "ddpm_hf"),
    }
    assert b"HF_TOKEN=secret" not in b"".join(repo.files.values())
    said = capsys.readouterr().out
    assert "building" in said and f"It runs: {online.url}/spaces/{NAME}" in said
    assert TOKEN not in said
