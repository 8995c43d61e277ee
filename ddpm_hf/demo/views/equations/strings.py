"""The strings of the Equations view: the notes themselves, with links into the code and the views.

A link `#code-N4` shows the lines that cite (N4); `#view-forward` opens that tab.
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


def _linked(name: str, heading: str) -> str:
    """The file of notes, its tables with one more column: the views."""
    lines = []
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
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


EN = {
    "equations_tab": "Equations",
    "equations_notes": _linked("NOTES.md", "seen in"),
}

ZH = {
    "equations_tab": "公式",
    "equations_notes": _linked("NOTES.zh.md", "在哪里看"),
}

PAGE = {
    "en": {"code": "{number} in the code", "close": "Close"},
    "zh": {"code": "代码中的 {number}", "close": "关闭"},
}
