"""Quality against steps and seconds: how many steps does each sampler need for good cats?

`python benchmarks/sweep.py --output_dir sweep` writes sweep.json, .md and .png there. Samples are
kept, so that an interrupted sweep continues from them.
"""

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import tyro
from interleave import machine
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from ddpm_hf.distributed import make_accelerator
from ddpm_hf.evaluation.distances import kernel_distance, precision_recall
from ddpm_hf.evaluation.features import EfficientNetLite0, features_of
from ddpm_hf.evaluation.nearest_cat import CatIndex, measure
from ddpm_hf.evaluation.real_images import assign_roles, read_split
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.sampling.files import blocks, read_samples
from ddpm_hf.sampling.model import load
from ddpm_hf.sampling.run import sample, sample_block

SAMPLERS = {
    "β̃": {"variance_type": "fixed_small"},
    "β": {"variance_type": "fixed_large"},
    "σ = 0": {"variance_type": "fixed_small", "noise_scale": 0.0},
    "DDIM": {"scheduler": "DDIM"},
    "DPM-Solver++": {"scheduler": "DPMSolverMultistep"},
}
FOLDERS = dict(zip(SAMPLERS, ("small", "large", "none", "DDIM", "DPMSolverMultistep"), strict=True))
COLUMNS = (
    ("sampler", "sampler"),
    ("steps", "steps"),
    ("n", "n"),
    ("seconds", "s a picture"),
    ("median_rmse", "median, levels"),
    ("share_valid", "valid"),
    ("share_novel_of_valid", "novel of these"),
    ("variation", "variation: body, eyes, accessory"),
    ("kid", "KID"),
    ("precision", "precision"),
    ("recall", "recall"),
)


@dataclass(frozen=True)
class Config:
    """Sample and measure a model of the cats with several samplers and numbers of steps."""

    model: str = "cats-32"
    """A pipeline's folder, or a bundled model."""
    output_dir: str = "sweep"
    """The folder for samples, table and plot."""
    steps: tuple[int, ...] = (10, 25, 50, 100, 250)
    """Numbers of steps for all samplers."""
    long_steps: tuple[int, ...] = (1000, 2000)
    """Numbers of steps for β̃ only."""
    num_samples: int = 500
    """Samples for each setting."""
    num_long_samples: int = 200
    """Samples for each setting of long_steps."""
    seed: int = 0
    """The seed of all noise, and of the choice of real pictures."""


def settings(config):
    """(sampler, SampleConfig) of each setting, fewest steps first."""
    chosen = [(name, K, config.num_samples) for K in config.steps for name in SAMPLERS]
    chosen += [("β̃", K, config.num_long_samples) for K in config.long_steps]
    for name, K, n in chosen:
        folder = str(Path(config.output_dir) / f"{FOLDERS[name]}-{K}")
        yield (
            name,
            SampleConfig(
                config.model,
                folder,
                num_samples=n,
                seed=config.seed,
                num_inference_steps=K,
                **SAMPLERS[name],
            ),
        )


def seconds_a_picture(config):
    """Seconds a picture of one block, after the network is compiled."""
    pipeline, indices = load(config), blocks(config)[0]
    sample_block(pipeline, replace(config, num_inference_steps=1), indices)
    start = time.perf_counter()
    sample_block(pipeline, config, indices)
    return (time.perf_counter() - start) / len(indices)


def plot(rows, floors, path):
    figure = Figure(figsize=(11, 3.6))
    panels = (
        ("steps", "share_valid", "valid"),
        ("steps", "kid_mean", "KID; dotted: what chance does"),
        ("seconds", "median_rmse", "median distance, levels"),
    )
    for place, (x, y, label) in enumerate(panels):
        axes = figure.add_subplot(1, 3, place + 1)
        for name in SAMPLERS:
            mine = sorted((row[x], row[y]) for row in rows if row["sampler"] == name)
            axes.plot(*zip(*mine, strict=True), "o-", label=name, markersize=3)
        axes.set_xscale("log")
        if x == "steps":
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.xaxis.set_major_formatter(ScalarFormatter())
            axes.set_xticks(sorted({row[x] for row in rows}))
            axes.tick_params(axis="x", labelsize=7)
        if y == "kid_mean":
            axes.axhline(floors["kid_std"], color="grey", linestyle=":")
            axes.set_yscale("symlog", linthresh=0.01)
            axes.set_ylim(bottom=0)
        axes.set_xlabel(x if x == "steps" else "seconds a picture")
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def cell(row, key):
    if key == "variation":
        return ", ".join(
            f"{row['total_variation'][name]:.3f}" for name in ("body", "eyes", "accessory")
        )
    if key == "kid":
        return f"{row['kid_mean']:.3f} ± {row['kid_std']:.3f}"
    value = row.get(key)
    if value is None:
        return ""
    if key.startswith("share"):
        return f"{100 * value:.1f} %"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def write(rows, floors, folder):
    """Table, plot and JSON."""
    lines = [[label for _, label in COLUMNS], ["---"] * len(COLUMNS)]
    lines += [[cell(row, key) for key, _ in COLUMNS] for row in rows + floors]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    (folder / "sweep.md").write_text(table + "\n")
    result = {"rows": rows, "floors": floors, "machine": machine()}
    (folder / "sweep.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    plot(rows, floors[0], folder / "sweep.png")
    print(table)


def main():
    config = tyro.cli(Config, use_underscores=True)
    accelerator, index = make_accelerator(), CatIndex()
    extractor, device = EfficientNetLite0().eval(), torch.device("cpu")
    pipeline = load(SampleConfig(config.model))
    train, test = (
        read_split(pipeline, "cats", split, seed=config.seed) for split in ("train", "test")
    )
    n = max(config.num_samples, config.num_long_samples)
    real = assign_roles(train, test, n)
    reference, fresh = (features_of(extractor, part, device) for part in real[1:])

    def figures(pixels, features):
        """Of uint8 samples, (n, height, width, channels)."""
        kid = kernel_distance(reference[: len(pixels)], features, config.seed)
        found, _ = measure(index, pixels, config.seed)
        return {
            **found,
            **precision_recall(reference[: len(pixels)], features)._asdict(),
            "kid_mean": kid.mean,
            "kid_std": kid.std,
        }

    rows = []
    for name, chosen in settings(config):
        sample(chosen, accelerator)
        pixels = read_samples(chosen)
        features = features_of(extractor, torch.from_numpy(pixels).permute(0, 3, 1, 2), device)
        rows.append(
            {"sampler": name, "steps": chosen.num_inference_steps, **figures(pixels, features)}
        )
    for row, (_, chosen) in zip(rows, settings(config), strict=True):
        row["seconds"] = seconds_a_picture(chosen)
    floors = []
    for m in sorted({row["n"] for row in rows}, reverse=True):
        pixels = real.fresh[:m].permute(0, 2, 3, 1).contiguous().numpy()
        floor = figures(pixels, fresh[:m])
        floor["total_variation"] = floor["total_variation_floor"]
        floor["share_novel_of_valid"] = floor["share_novel_of_all_cats"]
        floors.append({"sampler": "real cats", **floor})
    write(rows, floors, Path(config.output_dir))


if __name__ == "__main__":
    main()
