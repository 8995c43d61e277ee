"""Quality against minutes of training: ours beside diffusers' train_unconditional.py, in turns.

`python benchmarks/quality.py --our_minutes 8 15 30 --stock_minutes 8 15 30 60`. The same UNet and
the same cats; each trains in a process of its own while the others wait. After so many minutes of
training its averaged weights are saved, and its samples are decoded: how far from a real cat?
Writes quality.json, .md and .png.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import training
import tyro
from matplotlib.figure import Figure
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


def trained(make):
    """Trains to so many seconds of training in all, or saves where it is told."""
    work, spent = make(), 0.0

    def answer(asked):
        nonlocal spent
        if isinstance(asked, str):
            work.pipeline().save_pretrained(asked)
            return None
        before = -1
        while spent < asked and work.steps() > before:  # a run may come to its end before
            before = work.steps()
            spent += work(STEP_GROUP)
        return work.steps()

    return answer


def ours(our_minutes):
    """configs/cats-32.json in batches of 16, its learning rate falling to the end of the time."""

    def make(steps):
        extra = ("--max_train_steps", str(steps))
        return training.ours("bf16", BATCH, PICTURES, extra=extra)

    probe = make(1000)
    probe(5)
    steps = int(60 * our_minutes / probe(20) * 20)
    return trained(functools.partial(make, steps))


def stock():
    """The script with its own defaults: fp32, 16 a step, rate 1e-4, warm-up 500, 100 epochs."""
    return trained(
        functools.partial(training.stock, "no", BATCH, PICTURES, learning_rate=1e-4, warmup=500)
    )


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
    contenders = {f"ours-{m:g}": functools.partial(ours, m) for m in config.our_minutes}
    with seated({**contenders, "stock": stock}) as seats:
        turns = [(minutes, "ours") for minutes in config.our_minutes]
        turns += [(minutes, "stock") for minutes in config.stock_minutes]
        for minutes, name in sorted(turns):
            ask = seats["stock" if name == "stock" else f"ours-{minutes:g}"]
            steps, model = ask(60 * minutes), folder / f"{name}-{minutes:g}"
            ask(str(model))
            rows.append({"name": name, "minutes": minutes, "steps": steps})
            rows[-1] |= measured(model, config)
            write(rows, folder)  # a run of hours may be cut short


if __name__ == "__main__":
    main()
