"""The report's plots and sheets of images."""

import io
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from ddpm_hf.sampling.files import write

SCALE = 2
"""Enlargement of small images."""


def sheet(rows: Tensor, path: Path) -> None:
    """Save uint8 images (rows, columns, channels, height, width) as one PNG."""
    n_rows, n_columns, channels, height, width = rows.shape
    whole = rows[:, :, :3].permute(0, 3, 1, 4, 2).reshape(n_rows * height, n_columns * width, -1)
    image = Image.fromarray(whole.squeeze(-1).numpy() if channels == 1 else whole.numpy())
    factor = SCALE if width <= 64 else 1
    size = (image.width * factor, image.height * factor)
    content = io.BytesIO()
    image.resize(size, Image.Resampling.NEAREST).save(content, "PNG")
    write(path, content.getvalue())


def _save(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    content = io.BytesIO()
    figure.savefig(content, dpi=100)
    write(path, content.getvalue())


def _over_t(axes: Axes, label: str) -> None:
    axes.set_xscale("log")
    axes.set_xlabel("t")
    axes.set_ylabel(label)
    axes.grid(alpha=0.3)
    axes.legend()


def loss_by_t(figures: dict[str, Any], path: Path) -> None:
    """The loss on training and test split; where the curves part, the model has memorised."""
    figure = Figure(figsize=(7, 3.2))
    axes = figure.add_subplot()
    for split, colour in (("train", "#1c7ed6"), ("test", "#d9480f")):
        axes.errorbar(
            figures["t"],
            figures[split],
            figures[f"{split}_standard_error"],
            label=split,
            color=colour,
            marker="o",
            markersize=3,
        )
    axes.set_yscale("log")
    _over_t(axes, "loss (N15)")
    _save(figure, path)


def one_jump(figures: dict[str, Any], path: Path) -> None:
    """Sharpness and error of one jump from t and of denoising in steps."""
    figure = Figure(figsize=(9, 3.2))
    for column, (quantity, label) in enumerate(
        (("sharpness", "sharpness (1: the original's)"), ("rmse", "RMSE to the original, levels"))
    ):
        axes = figure.add_subplot(1, 2, column + 1)
        axes.plot(
            figures["t"], figures[f"{quantity}_jump"], "o-", label="one jump", color="#1c7ed6"
        )
        axes.plot(figures["t"], figures[f"{quantity}_steps"], "o-", label="steps", color="#d9480f")
        _over_t(axes, label)
    _save(figure, path)


def rate_distortion(figures: dict[str, Any], path: Path) -> None:
    """The error of x̂_0 from x_t against the bits that told x_t, and both by t."""
    figure = Figure(figsize=(9, 3.2))
    axes = figure.add_subplot(1, 2, 1)
    axes.plot(figures["sent"], figures["rmse"], "o-", markersize=3, color="#1c7ed6")
    axes.set_xlabel("bits per dimension sent")
    axes.set_ylabel("RMSE of x̂_0, levels")
    axes.grid(alpha=0.3)
    axes = figure.add_subplot(1, 2, 2)
    sent = axes.plot(figures["t"], figures["sent"], color="#d9480f", label="bits sent")
    other = axes.twinx()
    error = other.plot(figures["t"], figures["rmse"], color="#1c7ed6", label="RMSE, levels")
    _over_t(axes, "bits per dimension sent")
    axes.legend(handles=[*sent, *error], loc="upper center")
    _save(figure, path)


def thumbnails(images: Tensor) -> Tensor:
    """The first images as up to four full rows of up to sixteen, for `sheet`."""
    shown = images[: 4 * 16]
    columns = min(16, len(shown))
    whole = shown[: len(shown) // columns * columns]
    return whole.reshape(-1, columns, *images.shape[1:])
