"""Sampling and training on one GPU with the CIFAR UNet of the DDPM paper, ours beside diffusers.

`python benchmarks/gpu.py --json out.json`, or `make bench-gpu`. All compilation comes first, in
parallel. `--device cpu --steps 2 --train_steps 1 --batch 2` only checks that it runs.
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import torch
import training
from interleave import medians, save, seated, take_turns, write

UNET = {
    "sample_size": 32,
    "layers_per_block": 2,
    "block_out_channels": (128, 256, 256, 256),
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": None,
    "downsample_padding": 0,
    "flip_sin_to_cos": False,
    "freq_shift": 1,
    "norm_eps": 1e-6,
}
"""google/ddpm-cifar10-32's: 35.7 million parameters."""
PAPER = {"training steps a second, batch 128": 21, "seconds for 256 samples": 17}
"""DDPM, appendix B, on a TPU v3-8."""
BACKENDS = ("compile", "auto", "eager")
WORKERS = 4
"""Data loader workers, for ours and for diffusers."""


def _wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def times(contender, n, device):
    """The contender with n times its work as one unit, timed until the GPU has finished."""
    work = contender()

    def several(m):
        start = time.perf_counter()
        work(m * n)
        _wait(device)
        return time.perf_counter() - start

    return several


def _unet():
    import diffusers

    torch.manual_seed(0)
    return diffusers.UNet2DModel(**UNET)


def ours(device, backend, batch, steps):
    """In bf16 and channels-last, in `steps` steps."""
    from ddpm_hf import DDPMPipeline, DDPMScheduler

    torch.backends.cudnn.benchmark = True  # `auto` sets it itself
    unet = _unet().to(device, torch.bfloat16, memory_format=torch.channels_last)
    pipe = DDPMPipeline(unet=unet, scheduler=DDPMScheduler(num_train_timesteps=1000))
    pipe.to(device).set_progress_bar_config(disable=True)

    def work(n):
        start = time.perf_counter()
        for seed in range(n):
            generator = torch.Generator(device).manual_seed(seed)
            pipe(batch, generator, steps, output_type="pt", backend=backend)
        _wait(device)
        return time.perf_counter() - start

    return work


def theirs(device, batch, steps):
    """In bf16 by autocast, because diffusers fails with a bf16 network."""
    import diffusers

    scheduler = diffusers.DDPMScheduler(num_train_timesteps=1000)
    pipe = diffusers.DDPMPipeline(unet=_unet(), scheduler=scheduler).to(device)
    pipe.set_progress_bar_config(disable=True)

    def work(n):
        start = time.perf_counter()
        for seed in range(n):
            generator = torch.Generator(device).manual_seed(seed)
            with torch.autocast(device, torch.bfloat16):
                pipe(batch, generator, num_inference_steps=steps, output_type="np")
        _wait(device)
        return time.perf_counter() - start

    return work


def waits_of_a_run(device, batch):
    """0, or the error of the first step that synchronises with the GPU."""
    if device != "cuda":
        return None
    from ddpm_hf import DDPMPipeline, DDPMScheduler

    pipe = DDPMPipeline(unet=_unet(), scheduler=DDPMScheduler(num_train_timesteps=1000)).to(device)
    steps = pipe.stream(batch, torch.Generator(device).manual_seed(0), 20, backend="auto")
    next(steps)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in steps:
            pass
    except RuntimeError as error:
        return str(error)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return 0


def sampling(device, batch, steps, rounds):
    contenders = {f"ours {name}": partial(ours, device, name, batch, steps) for name in BACKENDS}
    contenders["diffusers"] = partial(theirs, device, batch, steps)
    seconds = medians(take_turns(contenders, 1, rounds))
    return {
        "ms a step": {name: round(1e3 * s / steps, 2) for name, s in seconds.items()},
        "seconds for 256 samples, 1000 steps": {
            name: round(256 / batch * 1000 * s / steps, 1) for name, s in seconds.items()
        },
        "times as fast as diffusers": {
            name: round(seconds["diffusers"] / s, 2) for name, s in seconds.items()
        },
    }


def our_training(batch):
    flags = ("--ddpm_num_steps", "1000", "--compile", "--dataloader_num_workers", str(WORKERS))
    return training.ours("bf16", batch, 5000, UNET, flags)


def training_steps(device, batch, steps, rounds):
    each = {
        "ours": partial(our_training, batch),
        "diffusers": partial(training.theirs, "bf16", batch, 5000, UNET, workers=WORKERS),
    }
    contenders = {name: partial(times, work, steps, device) for name, work in each.items()}
    seconds = medians(take_turns(contenders, 1, rounds))
    return {
        "images a second": {name: round(steps * batch / s, 1) for name, s in seconds.items()},
        "steps a second": {name: round(steps / s, 1) for name, s in seconds.items()},
        "times as fast as diffusers": round(seconds["diffusers"] / seconds["ours"], 2),
    }


def compile_ahead(contenders):
    """Fill PyTorch's cache of compiled kernels in parallel, which saves minutes."""
    # A contender that fails here fails again in its measurement, which reports it.
    with suppress(EOFError), seated(contenders) as seats, ThreadPoolExecutor() as together:
        list(together.map(lambda ask: ask(1), seats.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write the result there")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--train_batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=50, help="of sampling, in one turn")
    parser.add_argument("--train_steps", type=int, default=30, help="in one turn")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    device, rounds = arguments.device, arguments.rounds
    on_gpu = {"gpu": torch.cuda.get_device_name()} if device == "cuda" else {}
    result = {"parameters": sum(p.numel() for p in _unet().parameters()), "paper": PAPER, **on_gpu}
    pieces = {
        f"sampling, batch {batch}": partial(sampling, device, batch, arguments.steps, rounds)
        for batch in arguments.batch
    }
    pieces["steps that wait for the GPU"] = partial(waits_of_a_run, device, arguments.batch[0])
    train_batch = arguments.train_batch
    pieces[f"training, batch {train_batch}"] = partial(
        training_steps, device, train_batch, arguments.train_steps, rounds
    )
    compiled = {n: partial(ours, device, "compile", n, arguments.steps) for n in arguments.batch}
    compile_ahead({**compiled, "training": partial(our_training, train_batch)})
    for name, measure in pieces.items():
        try:
            result[name] = measure()
        except (EOFError, RuntimeError) as error:  # out of memory, for instance: measure the others
            result[name] = f"failed: {error!r}"
        # Saved after each, because a run may be interrupted.
        print(f"{name}: {result[name]}", file=sys.stderr, flush=True)
        save(result, arguments.json)
    write(result, arguments.json)


if __name__ == "__main__":
    main()
