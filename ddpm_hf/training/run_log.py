"""The log of a run: progress bar, tracker, `training.csv`, `validation.csv`, sample grids."""

import csv
import io
import math
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ddpm_hf.training.progress import BINS, Report
from ddpm_hf.training.samples import Samples
from ddpm_hf.training.state import TrainingState

TRAINING_CSV, VALIDATION_CSV, SAMPLES = "training.csv", "validation.csv", "samples"
COLUMNS = ("number", "loss", "grad_norm", "learning_rate", "seconds", "images_per_second")
LOSS_BY_T = tuple(f"loss_t{i}" for i in range(BINS))


def _is_complete(row: list[str]) -> bool:
    """Whether this is a row of numbers: neither the header nor half a row left by a power cut."""
    try:
        return bool([float(field or "nan") for field in row]) and row[0].isdecimal()
    except ValueError:
        return False


class Table:
    """A CSV file that grows row by row; a resumed run keeps the rows up to its checkpoint."""

    def __init__(self, path: Path, columns: tuple[str, ...], step: int) -> None:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(columns)
        self.earlier: list[list[str]] = []
        if step and path.exists():
            *lines, _ = path.read_text(errors="replace").split("\n")  # the last may be half a row
            rows = [row for row in csv.reader(lines) if _is_complete(row) and int(row[0]) <= step]
            # An earlier version may have written fewer columns.
            self.earlier = [row + [""] * (len(columns) - len(row)) for row in rows]
        writer.writerows(self.earlier)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(text.getvalue(), newline="")
        temporary.replace(path)  # so that a killed process leaves the old table or the new one
        self.file = path.open("a", newline="")

    def add(self, *row: Any) -> None:
        """Append a row and flush it."""
        csv.writer(self.file).writerow(row)
        self.file.flush()


class RunLog:
    """Where the main process logs a run: the loss measures the denoising, samples show it (N17)."""

    def __init__(self, state: TrainingState) -> None:
        self.state, config = state, state.config
        self.folder = Path(config.output_dir)
        self.losses: deque[float] = deque(maxlen=max(1, 100 // config.logging_steps))
        self.validation_loss: float | None = None
        self.validation_table: Table | None = None
        total = state.plan.total_steps if config.max_train_minutes is None else None
        self.bar = tqdm(total=total, initial=state.step, desc="Training")
        self.table = Table(self.folder / TRAINING_CSV, COLUMNS + LOSS_BY_T, state.step)
        self.losses.extend(float(row[1]) for row in self.table.earlier)

    def log_report(self, report: Report) -> None:
        """Log a report on training."""
        self.losses.append(report.loss)
        self.bar.update(report.number - self.bar.n)
        limit = self.state.config.max_train_minutes
        clock = "" if limit is None else f", {report.seconds / 60:.1f} of {limit:g} min"
        self.bar.set_postfix_str(
            f"loss {self.loss:.4f}, {report.images_per_second:.0f} images/s{clock}"
        )
        values = {name: getattr(report, name) for name in COLUMNS}
        self.table.add(*values.values(), *report.loss_by_t)
        by_t = dict(zip((f"loss_by_t/{i}" for i in range(BINS)), report.loss_by_t, strict=True))
        known = {name: value for name, value in by_t.items() if not math.isnan(value)}
        del values["number"]
        self.state.accelerator.log({**values, **known}, step=report.number)

    @property
    def loss(self) -> float:
        """The mean loss of about the last hundred steps."""
        return sum(self.losses) / len(self.losses) if self.losses else float("nan")

    def log_validation(self, loss: float) -> None:
        """Log the loss on the validation split."""
        number = self.state.step
        if self.validation_table is None:
            path = self.folder / VALIDATION_CSV
            self.validation_table = Table(path, ("number", "validation_loss"), number - 1)
        self.validation_loss = loss
        self.validation_table.add(number, loss)
        self.state.accelerator.log({"validation_loss": loss}, step=number)

    def log_samples(self, samples: Samples) -> None:
        """Save a sample grid and a strip, and log them to the tracker."""
        number = self.state.step
        folder = self.folder / SAMPLES
        folder.mkdir(exist_ok=True)
        samples.grid.save(folder / f"step-{number:07d}.png")
        samples.strip.save(folder / f"strip-{number:07d}.png")
        for tracker in self.state.accelerator.trackers:
            images = {
                name: np.array(image.convert("RGB"))[None]
                for name, image in zip(("samples", "denoising"), samples, strict=True)
            }
            if tracker.name == "tensorboard":
                tracker.log_images(images, step=number, dataformats="NHWC")
            elif tracker.name == "wandb":
                tracker.log_images(images, step=number)
            elif tracker.name == "trackio":
                import trackio

                logged = {name: trackio.Image(image[0]) for name, image in images.items()}
                tracker.log(logged, step=number)

    def close(self) -> None:
        """Close the bar and the tables."""
        self.bar.close()
        self.table.file.close()
        if self.validation_table is not None:
            self.validation_table.file.close()
