"""Every word of the demo is there in both languages."""

import runpy
from pathlib import Path

import pytest

DEMO = Path(__file__).parent.parent / "ddpm_hf" / "demo"
WORDS = sorted(DEMO.rglob("words.py"))


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.parent.name)
def test_both_languages_have_the_same_keys(path):
    words = runpy.run_path(str(path))
    assert list(words["EN"]) == list(words["ZH"])
    prefix = "page" if path.parent == DEMO else path.parent.name
    assert all(key.startswith(f"{prefix}_") for key in words["EN"])
    if "PAGE" in words:
        assert list(words["PAGE"]["en"]) == list(words["PAGE"]["zh"])
