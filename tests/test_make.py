"""`make demo` on a machine without a GPU: it says what it is about to download."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(os.uname().sysname != "Linux", reason="elsewhere there is no CUDA")


@pytest.fixture
def install(tmp_path):
    """What the installation prints with a pip that prints its arguments; on PATH, what is named."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("make", "sh", "uname", "touch", "true"):
        (tools / name).symlink_to(shutil.which(name))

    def run(*arguments, commands=()):
        pip = tmp_path / "venv" / "bin" / "pip"
        pip.parent.mkdir(parents=True)
        for script in (pip, *(tools / name for name in commands)):
            script.write_text('#!/bin/sh\necho "$@"\n')
            script.chmod(0o755)
        venv = tmp_path / "venv"
        command = ["make", "--silent", f"{venv}/demo.installed", f"VENV={venv}", "PYTHON=true"]
        return subprocess.run(
            [*command, *arguments],
            cwd=ROOT,
            env={"PATH": str(tools)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()

    return run


def test_without_a_gpu_it_says_what_comes_and_how_to_do_without(install):
    *said, arguments = install()
    assert "2.7 GB of CUDA" in said[0] and "TORCH_INDEX=URL" in said[1]
    assert arguments == "install --quiet -r requirements.txt"


def test_the_index_of_cpu_builds_is_given_to_pip(install):
    assert install("TORCH_INDEX=file:///wheels") == [
        "install --quiet --extra-index-url file:///wheels -r requirements.txt"
    ]


def test_with_a_gpu_it_says_nothing(install):
    assert install(commands=["nvidia-smi"]) == ["install --quiet -r requirements.txt"]
