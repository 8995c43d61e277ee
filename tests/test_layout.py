"""The layout: each equation on one line, imports one way, files of a readable length."""

import ast
import importlib
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ddpm_hf"
MODULES = sorted(PACKAGE.rglob("*.py"))

SCRIPTS = sorted((PACKAGE / "demo").rglob("*.js"))

ONCE = {2, 3, 4, 6, 8, 10, 11}
PAIRS = {7, 9}
"""Formulas of two parts, on two neighbouring lines."""

ONCE_IN_SCRIPTS = {
    "web/engine/equations.js": [3, 4, 6, 9, 11],
    "views/bayes/equations.js": [7, 7, 8, 9, 9, 10],
}
"""Formulas that the page works out for itself, with Python's weights, or from Python's ᾱ_t."""

ORDER = [
    {"errors", "cli", "unet", "bundled", "machine"},
    {"schedules"},
    {"equations"},
    {"prediction"},
    {"noise", "timesteps"},
    {"variance", "timestep_equations"},
    {"scheduler"},
    {"backends", "data.images", "data.picture", "inputs", "other_schedulers"},
    {"guidance", "own_pictures"},
    {"editing"},
    {"stream"},
    {"hub.card_text", "hub.upload", "hub.pipeline_card", "hub.saving"},
    {"model"},
    {"animation", "pipeline"},
    {"loading", "distributed", "data", "hub"},
    {"training"},
    {"sampling"},
    {"evaluation"},
    {"train", "sample", "evaluate"},
    {"demo"},
    {"serve"},
]
"""A module imports from its own row and the rows above it, never from one below."""

LONGEST_FILE, LONGEST_FUNCTION = 250, 40
LONG = {
    "scheduler.py: __init__": "the table of diffusers' config keys",
    "pipeline.py: __call__": "the table of diffusers' arguments",
    "pipeline.py: stream": "the same",
}


def cited_lines():
    """(number of a statement, file, line) of each citation in a comment behind code."""
    for path in MODULES:
        with tokenize.open(path) as file:
            for token in tokenize.generate_tokens(file.readline):
                if token.type == tokenize.COMMENT and token.line.split("#")[0].strip():
                    for number in re.findall(r"\(N(\d+)\)", token.string):
                        yield int(number), path.name, token.start[0]


def cited_in_scripts():
    """(number of a statement, path below the demo) of each citation in a comment behind code."""
    for path in SCRIPTS:
        for line in path.read_text().splitlines():
            code, _, comment = line.partition("//")
            if code.strip():
                for number in re.findall(r"\(N(\d+)\)", comment):
                    yield int(number), path.relative_to(PACKAGE / "demo").as_posix()


def test_each_formula_is_written_once():
    places = {}
    for number, file, line in cited_lines():
        places.setdefault(number, []).append((file, line))
    for number in ONCE:
        assert [file for file, _ in places[number]] == ["equations.py"], (number, places[number])
    for number in PAIRS:
        (one, first), (two, second) = places[number]
        assert one == two == "equations.py" and second == first + 1, (number, places[number])


def test_each_formula_of_the_page_is_written_once():
    places = {}
    for number, file in cited_in_scripts():
        places.setdefault(file, []).append(number)
    once = {file: sorted(places.pop(file)) for file in ONCE_IN_SCRIPTS}
    assert once == ONCE_IN_SCRIPTS
    elsewhere = {number for numbers in places.values() for number in numbers}
    assert elsewhere <= {4}, "the Forward view mixes whole pictures"


def row(name):
    """Which row of ORDER a module is in, by its dotted name below the package."""
    fitting = [(len(known), i) for i, names in enumerate(ORDER) for known in names
               if name == known or name.startswith(f"{known}.")]  # fmt: skip
    assert fitting, f"{name} has no place in ORDER"
    return max(fitting)[1]


def imported(path):
    """The package's own modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("ddpm_hf."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ddpm_hf"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = (ROOT / inner.replace(".", "/")).with_suffix(".py").exists() or (
                    ROOT / inner.replace(".", "/") / "__init__.py"
                ).exists()
                yield inner if is_module else node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_run_one_way(path):
    inside = path.relative_to(PACKAGE).with_suffix("").parts
    name = ".".join(inside[:-1] if inside[-1] == "__init__" else inside)
    if not name:  # the package itself hands on what is asked for, by name
        return
    for other in imported(path):
        if other != "ddpm_hf":
            assert row(other.removeprefix("ddpm_hf.")) <= row(name), f"{name} imports {other}"


def long_parts():
    """Files, and functions without their docstrings, that have too many lines."""
    for path in MODULES:
        text, name = path.read_text(), path.relative_to(PACKAGE).as_posix()
        if len(text.splitlines()) > LONGEST_FILE:
            yield name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                said = len((ast.get_docstring(node, clean=False) or "").splitlines())
                if node.end_lineno - node.lineno + 1 - said > LONGEST_FUNCTION:
                    yield f"{name}: {node.name}"


def test_nothing_is_too_long_without_a_reason():
    assert set(long_parts()) == set(LONG)


def test_a_package_holds_no_code_of_its_own():
    for path in PACKAGE.rglob("*/__init__.py"):
        tree = ast.parse(path.read_text())
        kinds = {type(node) for node in tree.body[1:]}  # after the docstring
        assert kinds <= {ast.Import, ast.ImportFrom, ast.Assign}, path


@pytest.mark.parametrize("name", ["train", "sample", "evaluate", "hub", "demo", "serve"])
def test_names_that_people_use_stay(name):
    importlib.import_module(f"ddpm_hf.{name}")
