"""Three known distributions in the plane: two moons, two rings, and the character 猫 (cat)."""

import itertools

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(n, 2), x to the right and y upwards."""

N = 400
STROKES = (
    ((8, 2), (6, 5), (2, 8)),
    ((3, 3.5), (6, 7.5), (7.5, 13), (7.2, 18.5), (6, 21.5), (4, 20.5)),
    ((6.8, 10), (4.8, 13.5), (2, 16.5)),
    ((10, 5), (23, 5)),
    ((13.5, 2), (13.5, 8)),
    ((19.5, 2), (19.5, 8)),
    ((11, 10), (11, 22)),
    ((11, 10), (22, 10), (22, 22)),
    ((11, 16), (22, 16)),
    ((16.5, 10), (16.5, 22)),
    ((11, 22), (22, 22)),
)
"""The strokes of 猫 as it is written, on a grid of 24 × 24, y downwards."""


def _standard(points: Points) -> Points:
    """Moved and scaled to mean 0 and mean square 1, like the noise that they become."""
    centred: Points = points - points.mean(0)
    return centred / float(np.sqrt((centred**2).mean()))


def _arc(radius: float, start: float, end: float, n: int) -> Points:
    angle = np.linspace(start, end, n, endpoint=False)
    return radius * np.stack([np.cos(angle), np.sin(angle)], 1)


def moons() -> Points:
    """Two half circles, one reaching into the other."""
    upper = _arc(1, 0, np.pi, N // 2)
    return _standard(np.concatenate([upper, np.array([1, 0.5]) - upper]))


def rings() -> Points:
    """A ring around a ring."""
    return _standard(
        np.concatenate([_arc(1, 0, 2 * np.pi, 2 * N // 3), _arc(0.5, 0, 2 * np.pi, N - 2 * N // 3)])
    )


def cat() -> Points:
    """猫, its strokes as dots at equal distances."""
    ends = [(np.array(a), np.array(b)) for line in STROKES for a, b in itertools.pairwise(line)]
    lengths = np.array([np.linalg.norm(b - a) for a, b in ends])
    along = np.linspace(0, lengths.sum(), N, endpoint=False)
    piece = np.searchsorted(lengths.cumsum(), along, side="right")
    share = (along - (lengths.cumsum() - lengths)[piece]) / lengths[piece]
    starts, stops = (np.array([pair[i] for pair in ends], float)[piece] for i in (0, 1))
    return _standard((starts + share[:, None] * (stops - starts)) * np.array([1, -1]))


DISTRIBUTIONS = {"cat": cat, "moons": moons, "rings": rings}
