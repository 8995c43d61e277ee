"""The strings of the Equations view: the notes themselves, with links into the code and the views.

A link `#code-N4` shows the lines that cite (N4); `#view-forward` opens that tab, and
`#place-forward/jump` that place of it.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[4]
VIEWS = {
    "N1": ["forward", "schedule"],
    "N2": ["forward"],
    "N3": ["forward"],
    "N4": ["forward", "edit"],
    "N5": ["forward", "schedule"],
    "N6": ["jump", "generate"],
    "N7": ["bayes", "schedule"],
    "N8": ["bayes", "schedule"],
    "N9": ["bayes", "generate", "schedule"],
    "N10": ["bayes", "generate"],
    "N11": ["generate"],
    "N12": ["noise", "generate"],
    "N13": ["noise", "generate"],
    "N14": ["generate", "schedule"],
    "N15": ["training"],
    "N16": ["generate"],
    "N17": ["training"],
}
"""Where a statement can be seen; a view that the page does not have is left out there."""


def _read(name: str) -> tuple[str, str]:
    """A file of notes: its statements, and the notes line by line."""
    statements, heading, lines = (ROOT / name).read_text(encoding="utf-8").rpartition("\n## ")
    return statements, heading + lines


def _statements(text: str, heading: str) -> str:
    """The statements, their tables with one more column: the views."""
    lines = []
    for line in text.splitlines():
        if row := re.fullmatch(r"\| (N\d+) \|(.*)\| (.*) \|", line):
            number, middle, code = row.groups()
            views = " ".join(f"[{view}](#view-{view})" for view in VIEWS[number])
            line = f"| **{number}** |{middle}| [{code}](#code-{number}) | {views} |"
        elif line.startswith("|---"):
            line += "---|"
        elif line.startswith("| |"):
            line += f" {heading} |"
        if not line.startswith(("[中文]", "[English]")):  # the page has its own switch
            lines.append(line)
    return "\n".join(lines)


def _line_by_line(text: str) -> str:
    """The notes line by line, each number linked to its code, and each place to itself."""
    numbered = re.sub(r"\| (N\d+) \|", r"| [\1](#code-\1) |", text)
    return re.sub(r"\| `([\w/-]+)` \|", r"| [\1](#place-\1) |", numbered)


_EN, _ZH = _read("NOTES.md"), _read("NOTES.zh.md")
EN = {
    "equations_tab": "Equations",
    "equations_notes": _statements(_EN[0], "seen in"),
    "equations_lines": _line_by_line(_EN[1]),
}

ZH = {
    "equations_tab": "公式",
    "equations_notes": _statements(_ZH[0], "在哪里看"),
    "equations_lines": _line_by_line(_ZH[1]),
}

PAGE = {
    "en": {"code": "{number} in the code", "close": "Close"},
    "zh": {"code": "代码中的 {number}", "close": "关闭"},
}
