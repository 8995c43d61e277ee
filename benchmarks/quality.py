"""Quality against minutes of training: ours beside diffusers' train_unconditional.py, in turns.

`python benchmarks/quality.py --our_minutes 8 15 30 --diffusers_minutes 8 15 30 60`. The same UNet
and cats. First the two take turns on the idle machine, to measure the steps a minute of each; then
each trains the number of steps that this gives for the minutes, once for each of --seeds. The
samples of the averaged weights are compared with the nearest real cats. Other load on the machine
during these hours changes only how long they take.
Writes quality.json, .md and .png. Existing rows are kept; if a row of diffusers is missing, its run
starts again.
"""

import csv
import functools
import itertools
import json
import shutil
import statistics
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import torch
import training
import tyro
from interleave import machine, medians, seated
from matplotlib.figure import Figure
from scaling import launch
from spread import spread

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
    seeds: tuple[int, ...] = (0,)
    """Each run is made once for each: the mean is reported, with the least and the most."""
    num_samples: int = 256
    """Samples for each measurement, in 50 steps."""


def ours(steps, folder, seed=0):
    """`accelerate launch train_accelerate.py`, recipe for two cores; the rows of its log."""
    recipe = ("--config", "configs/cats-32-quick.json")
    flags = (*recipe, "--max_train_steps", steps, "--seed", seed)
    launch(2, ["train_accelerate.py"], *flags, "--output_dir", folder, "--overwrite_output_dir")
    with (folder / "training.csv").open() as file:
        return list(csv.DictReader(file))


def our_pace(folder):
    """Seconds a step of ours, from the log of a short run."""
    rows = ours(PACE_STEPS, folder)
    first, last = rows[len(rows) // 3], rows[-1]
    passed = float(last["seconds"]) - float(first["seconds"])
    return passed / (int(last["number"]) - int(first["number"]))


def theirs(seed=0):
    """The script with its defaults: fp32, batch 16, learning rate 1e-4, warm-up 500, 100 epochs.

    The function it returns trains up to a number of steps and returns the seconds, or saves the
    pipeline to a path.
    """
    torch.manual_seed(seed)
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


def measured(folder, config, seed):
    from ddpm_hf.distributed import make_accelerator
    from ddpm_hf.evaluation.nearest_cat import CatIndex, measure
    from ddpm_hf.sampling.config import SampleConfig
    from ddpm_hf.sampling.files import read_samples
    from ddpm_hf.sampling.run import sample

    chosen = SampleConfig(
        f"{folder}", f"{folder}-samples", config.num_samples, seed, num_inference_steps=50
    )
    shutil.rmtree(chosen.output_dir, ignore_errors=True)
    sample(chosen, make_accelerator())
    return measure(CatIndex(), read_samples(chosen), 0)[0]


def grouped(rows, name):
    """The rows of one contender in lists of equal minutes, the shortest first."""
    mine = sorted((row for row in rows if row["name"] == name), key=itemgetter("minutes"))
    return [list(runs) for _, runs in itertools.groupby(mine, itemgetter("minutes"))]


def table(rows):
    """A row for each contender and time."""
    columns = ("name", "minutes", "steps", "n", "seeds")
    figures = ("median_rmse", "share_within_8", "share_valid")
    lines = [[*columns, *figures], ["---"] * (len(columns) + len(figures))]
    for runs in [*grouped(rows, "ours"), *grouped(rows, "diffusers")]:
        first = {**runs[0], "seeds": len(runs)}
        cells = [f"{first[key]:g}" if key != "name" else first[key] for key in columns]
        lines.append([*cells, *(spread([run[key] for run in runs]) for key in figures)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def plot(rows, path):
    figure = Figure(figsize=(8, 3.4))
    for place, (key, label) in enumerate(
        (("median_rmse", "median distance, levels"), ("share_within_8", "share within 8 levels"))
    ):
        axes = figure.add_subplot(1, 2, place + 1)
        for name in ("ours", "diffusers"):
            groups = grouped(rows, name)
            minutes = [runs[0]["minutes"] for runs in groups]
            each = [[run[key] for run in runs] for runs in groups]
            means = [statistics.fmean(values) for values in each]
            below = [mean - min(values) for mean, values in zip(means, each, strict=True)]
            above = [max(values) - mean for mean, values in zip(means, each, strict=True)]
            axes.errorbar(minutes, means, (below, above), fmt="o-", capsize=3, label=name)
        axes.set_xlabel("minutes of training")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def write(result, folder):
    (folder / "quality.md").write_text(table(result["rows"]))
    (folder / "quality.json").write_text(json.dumps(result, indent=2) + "\n")
    plot(result["rows"], folder / "quality.png")
    print(table(result["rows"]), flush=True)


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
    known = {(row["name"], row["minutes"], row["seed"]) for row in result["rows"]}
    for seed in config.seeds:
        turns = [("ours", minutes, seed) for minutes in config.our_minutes]
        turns += [("diffusers", minutes, seed) for minutes in config.diffusers_minutes]
        turns = [turn for turn in turns if turn[1] and turn not in known]
        train_and_measure(sorted(turns, key=itemgetter(1)), result, folder, config)


def train_and_measure(turns, result, folder, config):
    """Add a row for each of (name, minutes, seed), of one seed, the shortest first."""
    needed = any(name == "diffusers" for name, *_ in turns)
    contenders = {"diffusers": functools.partial(theirs, turns[0][2])} if needed else {}
    with seated(contenders) as seats:
        for name, minutes, seed in turns:
            model = folder / f"{name}-{minutes:g}-{seed}"
            steps = round(60 * minutes / result["pace"][name])
            if name == "ours":
                ours(steps, model, seed)
            else:
                seats["diffusers"](steps)
                seats["diffusers"](str(model))
            row = {"name": name, "minutes": minutes, "seed": seed, "steps": steps}
            result["rows"].append({**row, **measured(model, config, seed)})
            write(result, folder)  # a run of hours may be interrupted


if __name__ == "__main__":
    main()
