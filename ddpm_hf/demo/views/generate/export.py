"""The run as a file: GIF, WebP or animated PNG."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from ddpm_hf.animation import frames_of, save_frames
from ddpm_hf.demo.service.models import exact_backend
from ddpm_hf.demo.views.generate.settings import Settings


def animation(settings: Settings, suffix: str) -> Iterator[str | None]:
    """None for each frame, so that the run can be stopped there; then the file's path.

    The file is gone when the caller asks for more: by then Gradio has its own copy.
    """
    frames: list[Image.Image] = []
    for frame in frames_of(settings.stream(exact_backend(settings.pipeline))):
        frames.append(frame)
        yield None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"ddpm-{settings.seed}{suffix}"
        save_frames(frames, path)
        yield str(path)
