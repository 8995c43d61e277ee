"""Quality against minutes of training: ours beside diffusers' train_unconditional.py, in turns.

`python benchmarks/quality.py --our_minutes 8 15 30 --stock_minutes 8 15 30 60`. The same UNet and
the same cats. First the two take turns on the idle machine, which tells how many steps each makes
in a minute; then each trains as many steps as that gives for the minutes asked. The averaged
weights are saved, and their samples decoded: how far from a real cat? What else the machine does
during these hours changes how long they take, and no figure.
Writes quality.json, .md and .png. Rows that are there are kept; stock's run, if any is missing,
begins anew.
"""

import csv
import json
import shutil
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import torch
import training
import tyro
from interleave import machine, medians, seated
from matplotlib.figure import Figure
from scaling import launch

PICTURES, BATCH = 20_000, 16
PACE_STEPS, PACE_ROUNDS = 120, 2


@dataclass(frozen=True)
class Config:
    """Train ours and stock in turns, and measure both now and then."""

    output_dir: str = "quality"
    """Where models, samples, table and plot go."""
    our_minutes: tuple[float, ...] = (8, 15, 30)
    """Each is a run of ours, its learning rate falling to its end; 0 for none."""
    stock_minutes: tuple[float, ...] = (8, 15, 30, 60)
    """Stock's one run is measured after each; 0 for none."""
    num_samples: int = 256
    """Samples of each measurement, in 50 steps."""


def ours(steps, folder):
    """`accelerate launch train_accelerate.py` with its recipe for two cores; its record's rows."""
    flags = ("--config", "configs/cats-32-quick.json", "--max_train_steps", steps)
    launch(2, ["train_accelerate.py"], *flags, "--output_dir", folder, "--overwrite_output_dir")
    with (folder / "training.csv").open() as file:
        return list(csv.DictReader(file))


def our_pace(folder):
    """Seconds a step of ours, by the record of a run that has just begun to learn."""
    rows = ours(PACE_STEPS, folder)
    first, last = rows[len(rows) // 3], rows[-1]
    passed = float(last["seconds"]) - float(first["seconds"])
    return passed / (int(last["number"]) - int(first["number"]))


def stock():
    """The script with its own defaults: fp32, 16 a step, rate 1e-4, warm-up 500, 100 epochs.

    Trains to a number of steps in all and tells the seconds, or saves where it is told.
    """
    torch.manual_seed(0)
    work = training.stock("no", BATCH, PICTURES, learning_rate=1e-4, warmup=500)

    def answer(asked):
        if isinstance(asked, str):
            work.pipeline().save_pretrained(asked)
            return None
        return work(asked - work.steps())

    return answer


def paces(folder):
    """Seconds a step of each, medians of the turns they take."""
    each = {"ours": [], "stock": []}
    with seated({"stock": stock}) as seats:
        for number in range(1, PACE_ROUNDS + 1):
            each["ours"].append(our_pace(folder / f"pace-{number}"))
            each["stock"].append(seats["stock"](PACE_STEPS * number) / PACE_STEPS)
    return medians(each)


def measured(folder, config):
    from ddpm_hf.distributed import make_accelerator
    from ddpm_hf.evaluation.nearest_cat import CatIndex, measure
    from ddpm_hf.sampling.config import SampleConfig
    from ddpm_hf.sampling.files import read_samples
    from ddpm_hf.sampling.run import sample

    chosen = SampleConfig(
        f"{folder}", f"{folder}-samples", config.num_samples, num_inference_steps=50
    )
    shutil.rmtree(chosen.output_dir, ignore_errors=True)
    sample(chosen, make_accelerator())
    return measure(CatIndex(), read_samples(chosen), 0)[0]


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


def write(result, folder):
    rows = result["rows"]
    columns = ("name", "minutes", "steps", "n", "median_rmse", "share_within_8", "share_valid")
    lines = [columns, ["---"] * len(columns)]
    lines += [
        [f"{row[key]:.3g}" if isinstance(row[key], float) else str(row[key]) for key in columns]
        for row in rows
    ]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
    (folder / "quality.md").write_text(table)
    (folder / "quality.json").write_text(json.dumps(result, indent=2) + "\n")
    plot(rows, folder / "quality.png")
    print(table, flush=True)


def main():
    config = tyro.cli(Config, use_underscores=True)
    folder = Path(config.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "quality.json"
    if kept.exists():
        result = json.loads(kept.read_text())
    else:
        result = {"pace": paces(folder), "rows": [], "machine": machine()}
        write(result, folder)
    known = {(row["name"], row["minutes"]) for row in result["rows"]}
    turns = [("ours", minutes) for minutes in config.our_minutes]
    turns += [("stock", minutes) for minutes in config.stock_minutes]
    turns = sorted((turn for turn in turns if turn[1] and turn not in known), key=itemgetter(1))
    contenders = {"stock": stock} if any(name == "stock" for name, _ in turns) else {}
    with seated(contenders) as seats:
        for name, minutes in turns:
            model = folder / f"{name}-{minutes:g}"
            steps = round(60 * minutes / result["pace"][name])
            if name == "ours":
                ours(steps, model)
            else:
                seats["stock"](steps)
                seats["stock"](str(model))
            row = {"name": name, "minutes": minutes, "steps": steps, **measured(model, config)}
            result["rows"].append(row)
            write(result, folder)  # a run of hours may be cut short


if __name__ == "__main__":
    main()
