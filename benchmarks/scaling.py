"""How the cost grows with batch size, steps, image size and processes.

`python benchmarks/scaling.py --json out.json`. Sampling in turns with diffusers; two processes
of one thread against one process of two threads, by real launches.
"""

import argparse
import csv
import functools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from interleave import medians, take_turns, write
from sampling import ours, theirs

from ddpm_hf.bundled import PRETRAINED

CATS = str(PRETRAINED / "cats-32")


def against_diffusers(model, batch, steps, rounds):
    """Milliseconds per image and step."""
    contenders = {
        "ours auto": functools.partial(ours, "auto", batch, steps, model),
        "diffusers": functools.partial(theirs, batch, steps, model),
    }
    seconds = medians(take_turns(contenders, 1, rounds))
    return {name: round(1e3 * s / steps / batch, 2) for name, s in seconds.items()}


def untrained(size, folder):
    """cats-32's network for larger images, untrained."""
    import diffusers

    from ddpm_hf import DDPMPipeline, DDPMScheduler

    settings = {**diffusers.UNet2DModel.load_config(CATS, subfolder="unet"), "sample_size": size}
    torch.manual_seed(0)
    unet = diffusers.UNet2DModel.from_config(settings)
    DDPMPipeline(unet=unet, scheduler=DDPMScheduler()).save_pretrained(folder)
    return str(folder)


def launch(processes, module, *arguments):
    """Seconds of a command on one process with two threads, or on two with one each."""
    environment = {
        **os.environ,
        "ACCELERATE_USE_CPU": "true",
        "OMP_NUM_THREADS": str(2 // processes),
    }
    several = ["--multi_gpu", "--num_processes", str(processes)] if processes > 1 else []
    command = [sys.executable, "-m", "accelerate.commands.launch", *several]
    command += ["--num_machines", "1", "--dynamo_backend", "no", "--mixed_precision", "no"]
    start = time.perf_counter()
    command += [*module, *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start


def training(processes, folder, steps=60):
    """Images a second at the end of a run of cats-32's recipe with 64 images a step in all."""
    launch(
        processes,
        ["train_accelerate.py"],
        *("--config", "configs/cats-32.json", "--output_dir", folder),
        *("--train_batch_size", 64 // processes, "--max_train_steps", steps),
        *("--eval_batch_size", 1, "--ddpm_num_inference_steps", 1, "--checkpointing_steps", 1000),
    )
    with (folder / "training.csv").open() as file:
        return float(list(csv.DictReader(file))[-1]["images_per_second"])


def sampling(processes, folder, pictures=128, steps=50):
    """Seconds from start to end."""
    flags = ("--num_samples", pictures, "--num_inference_steps", steps, "--output_dir", folder)
    return launch(processes, ["-m", "ddpm_hf.sample"], *flags)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write the result there")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    measured = functools.partial(against_diffusers, rounds=arguments.rounds)
    with tempfile.TemporaryDirectory() as desk:
        folder = Path(desk)
        result = {
            "ms a picture and step, by batch": {
                n: measured(CATS, n, 20) for n in (1, 2, 4, 8, 16, 32, 64)
            },
            "ms a picture and step, batch 4, by steps": {
                n: measured(CATS, 4, n) for n in (10, 50, 250)
            },
            "ms a picture and step, batch 1, by size": {
                size: measured(untrained(size, folder / str(size)), 1, 20) for size in (32, 64, 128)
            },
            "training, images a second, by processes": {
                n: training(n, folder / f"run-{n}") for n in (1, 2)
            },
            "sampling 128 pictures in 50 steps, seconds from the start, by processes": {
                n: round(sampling(n, folder / f"samples-{n}"), 1) for n in (1, 2)
            },
        }
    write(result, arguments.json)


if __name__ == "__main__":
    main()
