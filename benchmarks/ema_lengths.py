"""Quality against the length of the average, from one run with --ema_lengths.

`python benchmarks/ema_lengths.py --folder out`: for each length the average is reconstructed, its
loss is measured on cats that were not trained on, and its samples are compared with the nearest
possible cats; and the same for the run's own average, whose decay was chosen before. Samples are
kept in the run's folder; writes ema_lengths.json, .md and .png there.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro
from cat_figures import cat_figures, test_cats
from interleave import machine
from matplotlib.figure import Figure

from ddpm_hf import DDPMPipeline
from ddpm_hf.evaluation.loss_by_t import loss_by_t, some_timesteps
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.training.ema_lengths import reconstruct, snapshots

CATS = 256
"""Cats of the test split for the loss."""
COLUMNS = {
    "length": "length σ_rel",
    "loss": "loss on test cats",
    "median_rmse": "median, levels",
    "p95_rmse": "95th percentile",
    "share_within_8": "within 8",
}


@dataclass(frozen=True)
class Config:
    """Measure averages of several lengths."""

    folder: Path
    """The output folder of a run on cats with --ema_lengths."""
    lengths: tuple[float, ...] = (0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25)
    """σ_rel of each."""
    num_samples: int = 256
    """Samples of each, in 50 steps, seed 0."""


def own_length(folder):
    """The standard deviation of τ/t in the run's own average, from the decay of each step."""
    config = json.loads((folder / "config.json").read_text())
    t = np.arange(1, int(snapshots(folder)[-1].stem) + 1)
    warm = 1 - (1 + (t - 1) / config["ema_inv_gamma"]) ** -config["ema_power"]
    decay = np.minimum(warm, config["ema_max_decay"])
    counts = (1 - decay) * np.append(np.cumprod(decay[:0:-1])[::-1], 1)
    mean = (counts * t).sum() / counts.sum()
    return math.sqrt((counts * (t - mean) ** 2).sum() / counts.sum()) / t[-1]


def loss(folder):
    """The loss on cats that were not trained on, the mean over some t."""
    pipeline = DDPMPipeline.from_pretrained(folder)
    timesteps = some_timesteps(pipeline.scheduler.schedule.T)
    return float(loss_by_t(pipeline, test_cats(CATS), timesteps).mean())


def measured(config):
    """A row for each length; the last is the run's own average."""
    rows, folders = [], []
    for length in config.lengths:
        folders.append(config.folder / f"length-{length}")
        reconstruct(config.folder, length).save_pretrained(folders[-1])
        rows.append({"length": length})
    rows.append({"length": own_length(config.folder)})
    folders.append(config.folder)
    chosen = [
        SampleConfig(
            *(str(folder), str(config.folder / f"samples-{row['length']:.3g}")),
            *(config.num_samples, 0),
            num_inference_steps=50,
        )
        for row, folder in zip(rows, folders, strict=True)
    ]
    for row, folder, figures in zip(rows, folders, cat_figures(chosen), strict=True):
        row |= {"loss": loss(folder), **figures}
    return rows


def plot(rows, path):
    figure = Figure(figsize=(8, 3.4))
    *lengths, own = rows
    for place, key in enumerate(("loss", "median_rmse")):
        axes = figure.add_subplot(1, 2, place + 1)
        axes.plot([row["length"] for row in lengths], [row[key] for row in lengths], "o-")
        axes.plot(own["length"], own[key], "k*", markersize=10, label="the recipe's own average")
        axes.set_xscale("log")
        axes.set_xlabel(COLUMNS["length"])
        axes.set_ylabel(COLUMNS[key])
        axes.grid(alpha=0.3)
        axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main():
    config = tyro.cli(Config, use_underscores=True)
    rows = measured(config)
    lines = [list(COLUMNS.values()), ["---"] * len(COLUMNS)]
    lines += [[f"{row[key]:.3g}" for key in COLUMNS] for row in rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
    (config.folder / "ema_lengths.md").write_text(table)
    text = json.dumps({"rows": rows, "machine": machine()}, indent=2)
    (config.folder / "ema_lengths.json").write_text(text + "\n")
    plot(rows, config.folder / "ema_lengths.png")
    print(table)


if __name__ == "__main__":
    main()
