"""Every string of the demo is there in both languages."""

from importlib import import_module
from pathlib import Path

import pytest

from ddpm_hf.demo.texts import EN, STRINGS

DEMO = Path(__file__).parent.parent / "ddpm_hf" / "demo"
MODULES = [
    import_module(".".join(path.relative_to(DEMO.parents[1]).with_suffix("").parts))
    for path in sorted(DEMO.rglob("strings.py"))
]
PREFIXES = {"demo": "page", "service": "limits"}
"""Of the keys; elsewhere it is the view's name."""


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__package__)
def test_both_languages_have_the_same_keys(module):
    assert hasattr(module, "EN") or hasattr(module, "PAGE")
    if hasattr(module, "EN"):
        assert list(module.EN) == list(module.ZH) and module in STRINGS
        room = module.__package__.split(".")[-1]
        assert all(key.startswith(f"{PREFIXES.get(room, room)}_") for key in module.EN)
    if hasattr(module, "PAGE"):
        assert list(module.PAGE["en"]) == list(module.PAGE["zh"])


def test_no_key_is_taken_twice():
    assert len(EN) == sum(len(module.EN) for module in STRINGS)
