"""What the Hub reads of this repository when it runs as a Space."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import metadata_load

from ddpm_hf.demo.service.zero_gpu import seconds_for

COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
ROOT = Path(__file__).parents[1]
FRONT = metadata_load(ROOT / "README.md")


def test_front_matter_is_complete():
    wanted = "title emoji colorFrom colorTo sdk app_file python_version license tags"
    assert all(FRONT.get(field) for field in wanted.split())
    assert FRONT["sdk"] == "gradio" and {FRONT["colorFrom"], FRONT["colorTo"]} <= COLOURS
    assert 0 < len(FRONT["short_description"]) <= 60
    assert FRONT["suggested_hardware"] == "zero-a10g"
    assert (ROOT / FRONT["app_file"]).is_file()


def test_versions_are_those_of_the_requirements():
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "requirements.txt").read_text(), re.M))
    assert FRONT["sdk_version"] == pins["gradio"] and pins["torch"] == "2.13.0"
    assert "ddpm-hf" not in pins, "the Space runs what is beside its app.py"
    needed = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    assert tuple(map(int, FRONT["python_version"].split("."))) >= tuple(
        map(int, needed.group(1).split("."))
    )


def test_no_file_is_too_large_for_the_hub():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    assert max(file.stat().st_size for file in files if file.exists()) < 10 * 10**6


ORDER = """
import sys, ddpm_hf.demo
names = list(sys.modules)
print(names.index("spaces") < min(names.index("torch"), names.index("gradio")))
"""


@pytest.mark.e2e
def test_spaces_is_imported_before_what_it_changes():
    pytest.importorskip("spaces", reason="the package spaces is not installed")
    done = subprocess.run([sys.executable, "-c", ORDER], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == ["True"], done.stderr


ANONYMOUS, COUNTED = 120, 1.5
"""Seconds a day that the Hub gives a visitor without an account, and how it counts each."""


def test_an_anonymous_visitor_has_twenty_default_runs_a_day():
    assert 20 * COUNTED * seconds_for(100) <= ANONYMOUS


@pytest.mark.parametrize("steps", [10, 25, 50, 100, 250, 500, 1000, 2000, 8000])
def test_no_run_asks_for_more_than_a_day(steps):
    assert COUNTED * seconds_for(steps) <= ANONYMOUS


@pytest.mark.parametrize("steps", [None, "100", -1, float("nan"), float("inf")])
def test_what_will_be_refused_asks_for_little(steps):
    assert seconds_for(steps) == seconds_for(0)
