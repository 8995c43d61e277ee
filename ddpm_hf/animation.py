"""A sampling run as an animation: GIF, WebP or animated PNG."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from ddpm_hf.data.images import to_images
from ddpm_hf.stream import DenoisingStream

FORMATS = (".gif", ".webp", ".png")
FRAMES = 120
"""The most frames of an animation, evenly spread over the run."""
FRAME_MS, LAST_FRAME_MS = 40, 2000
SMALLEST_SIDE = 128
"""Smaller images are enlarged to at least this many pixels, by an integer factor."""


def key_steps(K: int) -> set[int]:
    """Which of the steps 0..K−1 become frames: the first, the last, and evenly spaced ones between.

    At most `FRAMES` − 1, because the final sample follows them.
    """
    shown = min(K, FRAMES - 1)
    return {round(i * (K - 1) / max(1, shown - 1)) for i in range(shown)}


def grid(images: Sequence[Image.Image]) -> Image.Image:
    """Images of one size in a grid, row by row, as square as possible, on white."""
    width, height = images[0].size
    scale = math.ceil(SMALLEST_SIDE / min(width, height))
    columns = math.ceil(math.sqrt(len(images)))
    rows = math.ceil(len(images) / columns)
    whole = Image.new("RGB", (columns * width, rows * height), "white")
    for n, image in enumerate(images):
        whole.paste(image.convert("RGB"), (n % columns * width, n // columns * height))
    return whole.resize((whole.width * scale, whole.height * scale), Image.Resampling.NEAREST)


def frames_of(steps: DenoisingStream) -> Iterable[Image.Image]:
    """x_t at the key steps of the run, while it runs, then the final sample."""
    keys, step = key_steps(len(steps)), None
    for step in steps:
        if step.index in keys:
            yield grid(to_images(step.noisy_sample[:, :3]))
    if step is None:
        raise ValueError("This run is over: each stream() can be used once.")
    yield grid(to_images(step.sample[:, :3]))


def checked_path(path: str | Path) -> Path:
    """The path. Raises ValueError for an unknown suffix or a missing folder."""
    path = Path(path)
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {str(path.parent)!r} for the animation.")
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"An animation ends in {', '.join(FORMATS)}; got {path.name!r}.")
    return path


def save_animation(steps: DenoisingStream, path: str | Path) -> None:
    """Run `steps` and save it from noise to images as GIF, WebP or animated PNG, by the suffix.

    For instance `save_animation(pipe.stream(...), "cats.gif")`. At most 120 frames, the last shown
    for two seconds. Raises ValueError for an unknown suffix or a missing folder, before the first
    step, and for a run that is over.
    """
    path = checked_path(path)
    first, *rest = frames_of(steps)
    durations = [FRAME_MS] * len(rest) + [LAST_FRAME_MS]
    first.save(path, save_all=True, append_images=rest, duration=durations, loop=0, lossless=True)
