"""The page's words: Markdown as HTML, its formulas as MathML, which browsers draw by themselves."""

import re

from ddpm_hf.cli import extra
from ddpm_hf.demo import texts
from ddpm_hf.demo.static import strings

with extra("static"):
    from latex2mathml.converter import convert
    from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.S)
_BETTER = {
    "<mo>&#x0005E;</mo>": "<mo>ˆ</mo>",
    '<mo stretchy="false">&#x0007E;</mo>': "<mo>˜</mo>",
    "<mo>&#x02016;</mo>": '<mo stretchy="false">‖</mo>',
}
"""What the converter writes → what browsers draw as it is meant: accents of a letter, norms."""
_HELD = "\ue000{}\ue000"
"""Stands for a formula while the Markdown around it is read; of Unicode's private use."""


def mathml(formula: str, display: str) -> str:
    """A formula of LaTeX as MathML. display: "block" or "inline"."""
    converted: str = convert(formula, display=display)
    for written, better in _BETTER.items():
        converted = converted.replace(written, better)
    return converted


def html_of(markdown: str) -> str:
    """The HTML of a text with formulas between $ or $$."""
    formulas: list[str] = []

    def hold(found: re.Match[str]) -> str:
        block, inline = found.groups()
        drawn = mathml(block or inline, "block" if block else "inline")
        formulas.append(f'<span class="formula">{drawn}</span>' if block else drawn)
        return _HELD.format(len(formulas) - 1)

    held: str = _MARKDOWN.render(_FORMULA.sub(hold, markdown))
    return re.sub(_HELD.format(r"(\d+)"), lambda found: formulas[int(found[1])], held)


def words(markdown: set[str], link: str | None) -> dict[str, dict[str, dict[str, str]]]:
    """For each language the plain `texts` by their keys, and those of `markdown` as `html`.

    link: to a Gradio Space, if there is one.
    """

    def both(all_of_it: dict[str, str], own: dict[str, str]) -> dict[str, dict[str, str]]:
        html = {key: html_of(all_of_it[key]) for key in sorted(markdown)}
        return {
            "texts": {
                **{key: text for key, text in all_of_it.items() if key not in markdown},
                "static_nearest": own["nearest"],
            },
            "html": {**html, "static_about": html_of(strings.about(own, link))},
        }

    return {"en": both(texts.EN, strings.PAGE["en"]), "zh": both(texts.ZH, strings.PAGE["zh"])}
