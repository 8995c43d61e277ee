"""The places in the code that cite a statement: the lines around each `(Nk)`."""

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import TypedDict

PACKAGE = Path(__file__).parents[3]
ORDER = ("equations", "scheduler", "pipeline", "loop", "losses")
"""The modules that come first; the rest follow by name."""
LONGEST = 40
"""A longer function is shown in part."""
AROUND = 8
MOST_PLACES = 4


class Place(TypedDict):
    """Lines of a file of the package: `code` begins at line `first`, the citation is on `line`."""

    file: str
    line: int
    first: int
    code: str


def _extent(tree: ast.Module, line: int) -> tuple[int, int]:
    """The first and last line of the smallest function around a line, if not too long."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    ends = [(f.lineno, f.end_lineno or f.lineno) for f in functions]
    around = [(first, last) for first, last in ends if first <= line <= last]
    first, last = max(around, default=(line - AROUND, line + AROUND))
    if last - first < LONGEST:
        return max(1, first), last
    return max(first, line - AROUND), min(last, line + AROUND)


def cited() -> dict[str, list[Place]]:
    """`N4` → the places that cite it, the equations first; without the demo itself."""
    found: dict[str, list[Place]] = defaultdict(list)
    paths = [p for p in sorted(PACKAGE.rglob("*.py")) if "demo" not in p.relative_to(PACKAGE).parts]
    paths.sort(key=lambda p: ORDER.index(p.stem) if p.stem in ORDER else len(ORDER))
    for path in paths:
        file = path.relative_to(PACKAGE.parent).as_posix()
        text = path.read_text(encoding="utf-8")
        numbered = [
            (number, line)
            for line, content in enumerate(text.splitlines(), start=1)
            for number in re.findall(r"\((N\d+)\)", content)
        ]
        tree = ast.parse(text) if numbered else ast.Module([], [])
        for number, line in numbered:
            first, last = _extent(tree, line)
            already = any(p["file"] == file and p["first"] == first for p in found[number])
            if len(found[number]) < MOST_PLACES and not already:
                code = "\n".join(text.splitlines()[first - 1 : last])
                found[number].append(Place(file=file, line=line, first=first, code=code))
    return dict(found)
