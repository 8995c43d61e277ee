"""Quality against minutes of training: ours beside diffusers' train_unconditional.py, in turns.

`python benchmarks/quality.py --our_minutes 8 15 30 --stock_minutes 8 15 30 60`. The same UNet and
the same cats, each by itself on the machine. After so many minutes of training the averaged
weights are saved, and their samples are decoded: how far from a real cat?
Writes quality.json, .md and .png.
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import training
import tyro
from matplotlib.figure import Figure
from scaling import launch
from turns import machine, seated

PICTURES, BATCH, STEP_GROUP = 20_000, 16, 10


@dataclass(frozen=True)
class Config:
    """Train ours and stock in turns, and measure both now and then."""

    output_dir: str = "quality"
    """Where models, samples, table and plot go."""
    our_minutes: tuple[float, ...] = (8, 15, 30)
    """Each is a run of ours, its learning rate falling to the end of so many minutes."""
    stock_minutes: tuple[float, ...] = (8, 15, 30, 60)
    """Stock's one run is measured after each."""
    num_samples: int = 256
    """Samples of each measurement, in 50 steps."""


def ours(steps, folder):
    """`accelerate launch train_accelerate.py` with its recipe for two cores; its record's rows."""
    flags = ("--config", "configs/cats-32-quick.json", "--max_train_steps", steps)
    launch(2, ["train_accelerate.py"], *flags, "--output_dir", folder)
    with (folder / "training.csv").open() as file:
        return list(csv.DictReader(file))


def seconds_a_step(folder):
    """Of ours, measured by a run that has just begun to learn."""
    rows = ours(300, folder)
    first, last = rows[len(rows) // 3], rows[-1]
    passed = float(last["seconds"]) - float(first["seconds"])
    return passed / (int(last["number"]) - int(first["number"]))


def stock():
    """The script with its own defaults: fp32, 16 a step, rate 1e-4, warm-up 500, 100 epochs.

    Trains to so many seconds of training in all, or saves where it is told.
    """
    work, spent = training.stock("no", BATCH, PICTURES, learning_rate=1e-4, warmup=500), 0.0

    def answer(asked):
        nonlocal spent
        if isinstance(asked, str):
            work.pipeline().save_pretrained(asked)
            return None
        while spent < asked:
            spent += work(STEP_GROUP)
        return work.steps()

    return answer


def measured(folder, config):
    from ddpm_hf.evaluation.decoder import Decoder, measure
    from ddpm_hf.processes import make_accelerator
    from ddpm_hf.sample import SampleConfig, read_samples, sample

    chosen = SampleConfig(
        f"{folder}", f"{folder}-samples", config.num_samples, num_inference_steps=50
    )
    sample(chosen, make_accelerator())
    return measure(Decoder(), read_samples(chosen), 0)[0]


def plot(rows, path):
    figure = Figure(figsize=(8, 3.4))
    for place, (key, label) in enumerate(
        (("median_rmse", "median distance, levels"), ("share_within_8", "share within 8 levels"))
    ):
        axes = figure.add_subplot(1, 2, place + 1)
        for name in ("ours", "stock"):
            mine = [(row["minutes"], row[key]) for row in rows if row["name"] == name]
            axes.plot([x for x, _ in mine], [y for _, y in mine], "o-", label=name)
        axes.set_xlabel("minutes of training")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def write(rows, folder):
    columns = ("name", "minutes", "steps", "n", "median_rmse", "share_within_8", "share_valid")
    lines = [columns, ["---"] * len(columns)]
    lines += [
        [f"{row[key]:.3g}" if isinstance(row[key], float) else str(row[key]) for key in columns]
        for row in rows
    ]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
    (folder / "quality.md").write_text(table)
    result = {"rows": rows, "machine": machine()}
    (folder / "quality.json").write_text(json.dumps(result, indent=2) + "\n")
    plot(rows, folder / "quality.png")
    print(table, flush=True)


def main():
    config = tyro.cli(Config, use_underscores=True)
    folder, rows = Path(config.output_dir), []
    if folder.exists():
        raise SystemExit(f"{folder} is there already; name another --output_dir.")
    pace = seconds_a_step(folder / "pace")
    turns = [(minutes, "ours") for minutes in config.our_minutes]
    turns += [(minutes, "stock") for minutes in config.stock_minutes]
    with seated({"stock": stock}) as seats:
        for minutes, name in sorted(turns):
            model = folder / f"{name}-{minutes:g}"
            if name == "ours":
                last = ours(round(60 * minutes / pace), model)[-1]
                spent, steps = float(last["seconds"]) / 60, int(last["number"])
            else:
                spent, steps = minutes, seats["stock"](60 * minutes)
                seats["stock"](str(model))
            rows.append({"name": name, "minutes": spent, "steps": steps})
            rows[-1] |= measured(model, config)
            write(rows, folder)  # a run of hours may be cut short


if __name__ == "__main__":
    main()
