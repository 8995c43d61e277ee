"""The formulas of the derivation, line by line, as Markdown for any language."""

from collections.abc import Sequence

_PRIOR_MEAN = r"\sqrt{\bar\alpha_s}\,x_0"
_BY_NOISE = r"\frac{\beta}{\sqrt{1-\bar\alpha_t}}"

FORMULAS = (
    [r"q(x_s\mid x_t,x_0) = \frac{q(x_t\mid x_s)\,q(x_s\mid x_0)}{q(x_t\mid x_0)}"],
    [
        r"q(x_t\mid x_s) = N(\sqrt{\alpha}\,x_s,\ \beta)",
        rf"q(x_s\mid x_0) = N({_PRIOR_MEAN},\ 1-\bar\alpha_s)",
        r"q(x_t\mid x_0) = N(\sqrt{\bar\alpha_t}\,x_0,\ 1-\bar\alpha_t)",
    ],
    [
        r"-\frac12\left(\frac{(x_t-\sqrt{\alpha}\,x_s)^2}{\beta}"
        rf" + \frac{{(x_s-{_PRIOR_MEAN})^2}}{{1-\bar\alpha_s}}\right.",
        r"\left. - \frac{(x_t-\sqrt{\bar\alpha_t}\,x_0)^2}{1-\bar\alpha_t}\right)",
    ],
    [
        r"A = \frac{\alpha}{\beta} + \frac{1}{1-\bar\alpha_s}",
        r"B = -2\left(\frac{\sqrt{\alpha}\,x_t}{\beta}"
        rf" + \frac{{{_PRIOR_MEAN}}}{{1-\bar\alpha_s}}\right)",
    ],
    [r"\mu = -\frac{B}{2A}, \quad \sigma^2 = \frac1A"],
    [
        r"\frac1A = \frac{\beta(1-\bar\alpha_s)}{\alpha - \alpha\bar\alpha_s + \beta}"
        r" = \frac{1-\bar\alpha_s}{1-\bar\alpha_t}\,\beta"
    ],
    [
        r"\mu = \frac{\sqrt{\alpha}\,(1-\bar\alpha_s)}{1-\bar\alpha_t}\,x_t"
        r" + \frac{\sqrt{\bar\alpha_s}\,\beta}{1-\bar\alpha_t}\,x_0"
    ],
    [r"\hat x_0 = \frac{1}{\sqrt{\bar\alpha_t}}\left(x_t - \sqrt{1-\bar\alpha_t}\,\hat z\right)"],
    [
        r"\mu = \frac{x_t}{\sqrt{\alpha}}\cdot\frac{\alpha-\bar\alpha_t+\beta}{1-\bar\alpha_t}"
        rf" - \frac{{\hat z}}{{\sqrt{{\alpha}}}}\cdot{_BY_NOISE}"
    ],
    [rf"\mu = \frac{{1}}{{\sqrt{{\alpha}}}}\left(x_t - {_BY_NOISE}\,\hat z\right)"],
    [r"x_s = \mu + \sigma z"],
)
"""For each line what is displayed in it."""


def derivation(words: Sequence[str]) -> str:
    """A numbered list of Markdown: what each line says, and below it its formulas."""
    lines = []
    for number, (said, formulas) in enumerate(zip(words, FORMULAS, strict=True), start=1):
        lines += [f"{number}. {said}", *(f"    $${formula}$$" for formula in formulas)]
    return "\n\n".join(lines)
