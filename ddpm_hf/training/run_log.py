"""What a run shows and leaves of its course: bar, tracker, `training.csv`, sample grids."""

import csv
import io
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ddpm_hf.training.samples import Samples
from ddpm_hf.training.trainer import BINS, Step, Trainer

RECORD, VALIDATION, SAMPLES = "training.csv", "validation.csv", "samples"
COLUMNS = ("number", "loss", "grad_norm", "learning_rate", "seconds", "images_per_second")
TENTHS = tuple(f"loss_t{i}" for i in range(BINS))


def _is_whole(row: list[str]) -> bool:
    """Whether these are numbers: neither the header, nor what a power cut made of a row."""
    try:
        return bool([float(field or "nan") for field in row]) and row[0].isdecimal()
    except ValueError:
        return False


class Table:
    """A CSV file that grows; a resumed run takes up what was written up to its checkpoint."""

    def __init__(self, path: Path, columns: tuple[str, ...], step: int) -> None:
        kept = io.StringIO(newline="")
        table = csv.writer(kept)
        table.writerow(columns)
        self.kept: list[list[str]] = []
        if step and path.exists():
            *lines, _ = path.read_text(errors="replace").split("\n")  # the last may be half a row
            rows = [row for row in csv.reader(lines) if _is_whole(row) and int(row[0]) <= step]
            # An earlier version may have written fewer columns.
            self.kept = [row + [""] * (len(columns) - len(row)) for row in rows]
        table.writerows(self.kept)
        aside = path.with_suffix(".tmp")
        aside.write_text(kept.getvalue(), newline="")
        aside.replace(path)  # whole at any moment, whoever kills us
        self.file = path.open("a", newline="")

    def add(self, *row: Any) -> None:
        """One more row, written through."""
        csv.writer(self.file).writerow(row)
        self.file.flush()


class RunLog:
    """The main process's account of a run.

    The loss says how good the denoising is, and the samples show it (N17).
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer, config = trainer, trainer.config
        self.folder = Path(config.output_dir)
        self.losses: deque[float] = deque(maxlen=max(1, 100 // config.logging_steps))
        self.validation_loss: float | None = None
        total = trainer.total_steps if config.max_train_minutes is None else None
        self.bar = tqdm(total=total, initial=trainer.step, desc="Training")
        self.table = Table(self.folder / RECORD, COLUMNS + TENTHS, trainer.step)
        self.losses.extend(float(row[1]) for row in self.table.kept)

    def report(self, step: Step) -> None:
        """One report of the loop."""
        self.losses.append(step.loss)
        self.bar.update(step.number - self.bar.n)
        self.bar.set_postfix_str(f"loss {self.loss:.4f}, {step.images_per_second:.0f} images/s")
        values = {name: getattr(step, name) for name in COLUMNS}
        self.table.add(*values.values(), *step.loss_by_t)
        by_t = dict(zip((f"loss_by_t/{i}" for i in range(BINS)), step.loss_by_t, strict=True))
        known = {name: value for name, value in by_t.items() if value == value}
        del values["number"]
        self.trainer.accelerator.log({**values, **known}, step=step.number)

    @property
    def loss(self) -> float:
        """The mean loss of about the last hundred steps."""
        return sum(self.losses) / len(self.losses) if self.losses else float("nan")

    def validated(self, loss: float) -> None:
        """One measurement on the validation split."""
        number = self.trainer.step
        if self.validation_loss is None:
            path = self.folder / VALIDATION
            self.validation_table = Table(path, ("number", "validation_loss"), number - 1)
        self.validation_loss = loss
        self.validation_table.add(number, loss)
        self.trainer.accelerator.log({"validation_loss": loss}, step=number)

    def show(self, samples: Samples) -> None:
        """Keep a sample grid and a strip, and show them in the tracker."""
        number = self.trainer.step
        folder = self.folder / SAMPLES
        folder.mkdir(exist_ok=True)
        samples.grid.save(folder / f"step-{number:07d}.png")
        samples.strip.save(folder / f"strip-{number:07d}.png")
        for tracker in self.trainer.accelerator.trackers:
            images = {
                name: np.array(picture.convert("RGB"))[None]
                for name, picture in zip(("samples", "denoising"), samples, strict=True)
            }
            if tracker.name == "tensorboard":
                tracker.log_images(images, step=number, dataformats="NHWC")
            elif tracker.name == "wandb":
                tracker.log_images(images, step=number)
            elif tracker.name == "trackio":
                import trackio

                pictures = {name: trackio.Image(image[0]) for name, image in images.items()}
                tracker.log(pictures, step=number)

    def close(self) -> None:
        """Close the bar and the table."""
        self.bar.close()
        self.table.file.close()
