"""Seconds of sampling with cats-32: ours beside diffusers, in turns.

`python benchmarks/sampling.py --json out.json`. diffusers' pipeline is called as a user
would call it. The machine's limit is the UNet's FLOPs at the speed of bf16 matrix products.
"""

import argparse
import functools
import time

import torch
from interleave import medians, peak_memory, take_turns, write
from torch.utils.flop_counter import FlopCounterMode

from ddpm_hf.bundled import PRETRAINED

MODEL = str(PRETRAINED / "cats-32")


def _work(pipeline, batch, steps, **extra):
    pipeline.set_progress_bar_config(disable=True)

    def work(n):
        start = time.perf_counter()
        for seed in range(n):
            generator = torch.Generator().manual_seed(seed)
            pipeline(batch, generator=generator, num_inference_steps=steps, **extra)
        return time.perf_counter() - start

    return work


def theirs(batch, steps, model=MODEL):
    import diffusers

    return _work(diffusers.DDPMPipeline.from_pretrained(model), batch, steps)


def ours(backend, batch, steps, model=MODEL):
    from ddpm_hf import DDPMPipeline

    return _work(DDPMPipeline.from_pretrained(model), batch, steps, backend=backend)


def matrix_products(size=2048):
    """The machine's limit: seconds a FLOP in bf16 matrix products."""
    a, b = (torch.randn(size, size, dtype=torch.bfloat16) for _ in range(2))

    def work(n):
        start = time.perf_counter()
        for _ in range(20 * n):
            a @ b
        return (time.perf_counter() - start) / (20 * 2 * size**3)

    return work


def flops_per_image():
    """FLOPs of one call of the UNet."""
    from ddpm_hf import DDPMPipeline

    unet = DDPMPipeline.from_pretrained(MODEL).unet
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        unet(torch.zeros(1, 3, 32, 32), torch.tensor(0))
    return counter.get_total_flops()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write the result there")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--memory_batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    flops, steps = flops_per_image(), arguments.steps

    def contenders(batch, steps):
        return {
            **{
                f"ours {backend}": functools.partial(ours, backend, batch, steps)
                for backend in ("auto", "openvino", "int8")
            },
            "diffusers": functools.partial(theirs, batch, steps),
        }

    result = {"steps": steps, "GFLOP a picture and step": flops / 1e9}
    for batch in arguments.batch:
        runs = {**contenders(batch, steps), "limit": matrix_products}
        seconds = medians(take_turns(runs, 1, arguments.rounds))
        limit = seconds.pop("limit") * flops * batch * steps
        result[f"batch {batch}"] = {
            "ms a step": {name: round(1e3 * s / steps, 2) for name, s in seconds.items()},
            "times as fast as diffusers": {
                name: round(seconds["diffusers"] / s, 2) for name, s in seconds.items()
            },
            "share of the bf16 limit": {name: round(limit / s, 3) for name, s in seconds.items()},
        }
    result[f"peak memory, MB, batch {arguments.memory_batch}"] = {
        name: round(peak_memory(contender) / 2**20)
        for name, contender in contenders(arguments.memory_batch, steps=5).items()
    }
    write(result, arguments.json)


if __name__ == "__main__":
    main()
