"""The examples run as they stand."""

import runpy
import sys
from pathlib import Path

import pytest
from PIL import Image

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.slow
def test_both_algorithms_fit_on_one_screen_and_draw(tmp_path, monkeypatch, capsys):
    script, drawn = EXAMPLES / "minimal.py", tmp_path / "minimal.png"
    assert len(script.read_text().splitlines()) <= 80
    small = ["--steps", "2", "--T", "20", "--size", "16", "--number", "4", "--output", str(drawn)]
    monkeypatch.setattr(sys, "argv", [str(script), *small])
    runpy.run_path(str(script), run_name="__main__")
    assert Image.open(drawn).size == (256, 256)
    assert capsys.readouterr().out == f"4 cats are in {drawn}.\n"
