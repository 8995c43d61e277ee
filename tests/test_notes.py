"""NOTES.md and the code cite the same statements, and name functions that exist."""

import importlib
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def numbers(text):
    return {int(n) for n in re.findall(r"\bN(\d+)\b", text)}


def test_every_statement_is_in_the_code_and_the_other_way_round():
    code = "".join(path.read_text() for path in (ROOT / "ddpm_hf").rglob("*.py"))
    stated = {int(n) for n in re.findall(r"^\| N(\d+) \|", (ROOT / "NOTES.md").read_text(), re.M)}
    assert stated == set(range(1, 18))
    assert numbers(re.sub(r"N1[–-]N\d+", "", code)) == stated


def test_functions_named_in_the_notes_exist():
    notes = (ROOT / "NOTES.md").read_text()
    names = re.findall(
        r"`((?:equations|schedules|prediction|scheduler|pipeline|training)\.(?!py)[\w.]+)`", notes
    )
    assert len(names) > 12
    for name in names:
        parts = name.split(".")
        depth = 2 if parts[0] == "training" else 1
        found = importlib.import_module("ddpm_hf." + ".".join(parts[:depth]))
        for part in parts[depth:]:
            found = getattr(found, part)


def test_the_design_says_where_each_module_is():
    tree = (ROOT / "docs" / "design.md").read_text().split("## Every module")[1].split("```")[1]
    for module in (ROOT / "ddpm_hf").glob("**/*.py"):
        inside = module.relative_to(ROOT / "ddpm_hf").parts
        name = inside[1] if inside[0] == "demo" else module.name  # a view is told as a whole
        if not name.startswith("__"):
            assert re.search(rf"\b{name.removesuffix('.py')}\b", tree), module
