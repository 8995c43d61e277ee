"""The loss curve as an image, on a logarithmic scale."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 320, 64, 16, 16, 32
INK, GRID, LINE = "#333333", "#dddddd", "#d9480f"


def draw_curve(xs: Sequence[float], ys: Sequence[float], label: str) -> Image.Image:
    """ys over xs, both finite, ys > 0: 720 × 320, grid lines at 1, 2 and 5 times powers of ten.

    Without points, only the label.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    draw.text((WIDTH - RIGHT - 6, TOP), label, INK, anchor="ra")
    if not xs:
        return image
    low, high = math.log10(min(ys)), math.log10(max(ys))
    low, high = low - 0.05, max(high + 0.05, low + 0.2)
    first, last = min(xs), max(*xs, min(xs) + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - first) / (last - first)
        up = (math.log10(y) - low) / (high - low)
        return (
            LEFT + across * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM),
        )

    for power in range(math.floor(low), math.ceil(high)):
        for y in (m * 10.0**power for m in (1, 2, 5)):
            if low <= math.log10(y) <= high:
                _, row = place(first, y)
                draw.line([(LEFT, row), (WIDTH - RIGHT, row)], GRID)
                draw.text((LEFT - 8, row), f"{y:g}", INK, anchor="rm")
    for x in (first, (first + last) / 2, last):
        column, _ = place(x, 10**low)
        anchor = "la" if x == first else "ra" if x == last else "ma"
        draw.text((column, HEIGHT - BOTTOM + 6), f"{x:g}", INK, anchor=anchor)
    draw.line([place(x, y) for x, y in zip(xs, ys, strict=True)], LINE, width=2)
    return image
