"""Quality against minutes of training: ours beside diffusers' train_unconditional.py, in turns.

`python benchmarks/quality.py --our_minutes 8 15 30 --diffusers_minutes 8 15 30 60`. The same UNet
and cats. First the two take turns on the idle machine, to measure the steps a minute of each;
then each trains the number of steps that this gives for the minutes. The samples of the averaged
weights are compared with the nearest real cats. Other load on the machine during these hours
changes only how long they take.
Writes quality.json, .md and .png. Existing rows are kept; if a row of diffusers is missing, its run
starts again.
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
    """Train ours and diffusers', and measure both after several training times."""

    output_dir: str = "quality"
    """The folder for models, samples, table and plot."""
    our_minutes: tuple[float, ...] = (8, 15, 30)
    """Each is a run of ours, with a learning rate schedule of its own; 0 for none."""
    diffusers_minutes: tuple[float, ...] = (8, 15, 30, 60)
    """diffusers' single run is measured after each of these; 0 for none."""
    num_samples: int = 256
    """Samples for each measurement, in 50 steps."""


def ours(steps, folder):
    """`accelerate launch train_accelerate.py`, recipe for two cores; the rows of its log."""
    flags = ("--config", "configs/cats-32-quick.json", "--max_train_steps", steps)
    launch(2, ["train_accelerate.py"], *flags, "--output_dir", folder, "--overwrite_output_dir")
    with (folder / "training.csv").open() as file:
        return list(csv.DictReader(file))


def our_pace(folder):
    """Seconds a step of ours, from the log of a short run."""
    rows = ours(PACE_STEPS, folder)
    first, last = rows[len(rows) // 3], rows[-1]
    passed = float(last["seconds"]) - float(first["seconds"])
    return passed / (int(last["number"]) - int(first["number"]))


def theirs():
    """The script with its defaults: fp32, batch 16, learning rate 1e-4, warm-up 500, 100 epochs.

    The function it returns trains up to a number of steps and returns the seconds, or saves the
    pipeline to a path.
    """
    torch.manual_seed(0)
    work = training.theirs("no", BATCH, PICTURES, learning_rate=1e-4, warmup=500)

    def answer(asked):
        if isinstance(asked, str):
            work.pipeline().save_pretrained(asked)
            return None
        return work(asked - work.steps())

    return answer


def paces(folder):
    """Seconds a step of each, the median of several turns."""
    each = {"ours": [], "diffusers": []}
    with seated({"diffusers": theirs}) as seats:
        for number in range(1, PACE_ROUNDS + 1):
            each["ours"].append(our_pace(folder / f"pace-{number}"))
            each["diffusers"].append(seats["diffusers"](PACE_STEPS * number) / PACE_STEPS)
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
        for name in ("ours", "diffusers"):
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
    turns += [("diffusers", minutes) for minutes in config.diffusers_minutes]
    turns = sorted((turn for turn in turns if turn[1] and turn not in known), key=itemgetter(1))
    contenders = {"diffusers": theirs} if any(name == "diffusers" for name, _ in turns) else {}
    with seated(contenders) as seats:
        for name, minutes in turns:
            model = folder / f"{name}-{minutes:g}"
            steps = round(60 * minutes / result["pace"][name])
            if name == "ours":
                ours(steps, model)
            else:
                seats["diffusers"](steps)
                seats["diffusers"](str(model))
            row = {"name": name, "minutes": minutes, "steps": steps, **measured(model, config)}
            result["rows"].append(row)
            write(result, folder)  # a run of hours may be interrupted


if __name__ == "__main__":
    main()
