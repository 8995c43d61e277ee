"""The decisions behind the recipes, measured again with several seeds.

`python benchmarks/decisions.py training --seeds 0 1 2 --max_train_steps 1000` and
`python benchmarks/decisions.py sampler --seeds 0 1 2 --num_samples 500`. Each arm is trained, or
drawn, once a seed, which decides all of it: first weights, order, timesteps, noise, samples. What
is in the folder is kept, so an interrupted call goes on. Writes NAME.md.

Training is also judged without sampling: by the loss, which arms of one prediction share (a seed
gives them the same images, timesteps and noise), and by one jump back to x̂_0 on cats that were not
trained on, which all share.
"""

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import tyro
from cat_figures import cat_figures, test_cats
from spread import spread

from ddpm_hf import DDPMPipeline
from ddpm_hf.equations import q_sample
from ddpm_hf.sampling.config import SampleConfig

SECOND_ORDER = {
    "scheduler": "DPMSolverMultistep",
    "algorithm_type": "sde-dpmsolver++",
    "timestep_spacing": "trailing",
}
ARMS = {
    "training": {
        "v, Muon": [],
        "v, AdamW": ["--optimizer", "adamw", "--learning_rate", "3e-3"],
        "ε, Muon": ["--prediction_type", "epsilon", "--timestep_sampling", "uniform"],
    },
    "sampler": {"β̃": {}, "SDE-DPM-Solver++": SECOND_ORDER},
}
"""For `training`: flags over configs/cats-32-quick.json. For `sampler`: options of the sampler."""
JUMPS = (100, 300, 600, 1000, 1500)
"""The t from which x̂_0 is compared with x_0."""
SAMPLES = {
    "median_rmse": "median, levels",
    "p95_rmse": "95th percentile",
    "share_within_8": "within 8",
    "body": "variation: body",
    "eyes": "eyes",
    "accessory": "accessory",
}
FIGURES = {
    "training": {
        "loss": "loss, last 50 steps",
        **{f"jump_{t}": f"x̂_0 from t = {t}, levels" for t in JUMPS},
        **SAMPLES,
    },
    "sampler": SAMPLES,
}
CATS = 64
"""Cats of the test split for the jumps."""


@dataclass(frozen=True)
class Config:
    """Measure each arm of a decision with each seed."""

    decision: tyro.conf.Positional[Literal["training", "sampler"]]
    """Which."""
    output_dir: str = "decisions"
    """The folder for models, samples and the table."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """One run of each arm for each."""
    max_train_steps: int = 1000
    """The length of each training; the recipe has 9,500 steps, each on two processes."""
    model: str = "cats-32-v"
    """What the samplers draw with."""
    num_samples: int = 128
    """Samples for each run of a sampler, in 50 steps."""


def measure(config):
    """Train, if it is about training, and draw, with each arm and seed; write their figures."""
    trained = {}
    if not (todo := list(runs(config))):
        return
    if config.decision == "training":
        trained = {run: train(config, flags, seed, run / "work") for run, flags, seed in todo}
    chosen = [
        SampleConfig(
            *(str(run / "work") if trained else config.model, str(run / "samples")),
            *(config.num_samples, seed),
            num_inference_steps=50,
            **({} if trained else options),
        )
        for run, options, seed in todo
    ]
    for (run, *_), figures in zip(todo, cat_figures(chosen), strict=True):
        text = json.dumps({**trained.get(run, {}), **figures}, indent=2)
        (run / "figures.json").write_text(text + "\n")


def train(config, flags, seed, folder):
    """The figures of a model trained on one process of one thread."""
    recipe = ["--config", "configs/cats-32-quick.json", "--lr_warmup_steps", "50"]
    length = ["--max_train_steps", str(config.max_train_steps), "--seed", str(seed)]
    where = ["--output_dir", str(folder), "--resume_from_checkpoint", "latest"]
    often = ["--checkpointing_steps", "50"]
    command = [sys.executable, "train_accelerate.py", *recipe, *flags, *length, *where, *often]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    subprocess.run(command, check=True, env=environment)
    with (folder / "training.csv").open() as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)][-5:]  # a row for ten steps
    return {"loss": sum(losses) / len(losses), **jumps(folder)}


@torch.no_grad()
def jumps(folder):
    """The root mean square error of x̂_0 from each of JUMPS, in grey levels."""
    pipeline = DDPMPipeline.from_pretrained(folder)
    x_0 = test_cats(CATS)
    z = torch.randn(x_0.shape, generator=torch.Generator().manual_seed(0))
    found = {}
    for t in JUMPS:
        x_t = q_sample(pipeline.scheduler.schedule, x_0, z, t)
        output = pipeline.unet(x_t, t - 1, return_dict=False)[0]
        jump = pipeline.scheduler.predict_original_sample(output, t - 1, x_t).clamp(-1, 1)
        found[f"jump_{t}"] = 127.5 * float((jump - x_0).square().mean().sqrt())
    return found


def runs(config):
    """(folder, settings of the arm, seed) of each run that has no figures yet, seed by seed."""
    for seed in config.seeds:
        for number, settings in enumerate(ARMS[config.decision].values()):
            folder = Path(config.output_dir) / f"{config.decision}-{number}-{seed}"
            if not (folder / "figures.json").exists():
                yield folder, settings, seed


def write(config):
    """A table of all that has been measured, with a row for each arm."""
    figures, folder = FIGURES[config.decision], Path(config.output_dir)
    lines = [["", "seeds", *figures.values()], ["---"] * (2 + len(figures))]
    for number, arm in enumerate(ARMS[config.decision]):
        files = sorted(folder.glob(f"{config.decision}-{number}-*/figures.json"))
        if rows := [json.loads(file.read_text()) for file in files]:
            cells = [spread([row[key] for row in rows]) for key in figures]
            lines.append([arm, str(len(rows)), *cells])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
    (folder / f"{config.decision}.md").write_text(table)
    print(table, flush=True)


def main():
    config = tyro.cli(Config, use_underscores=True)
    measure(config)
    write(config)


if __name__ == "__main__":
    main()
