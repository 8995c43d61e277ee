"""Microseconds of the scheduler: ours beside diffusers, in turns.

`python benchmarks/scheduler.py --json out.json`
"""

import argparse
import functools
import time

import torch
from interleave import medians, take_turns, write

SHAPES = ((1, 3, 32, 32), (16, 3, 32, 32), (1, 3, 256, 256))


def contender(library, call, shape):
    import diffusers

    import ddpm_hf

    cls = {"ours": ddpm_hf.DDPMScheduler, "diffusers": diffusers.DDPMScheduler}[library]
    scheduler = cls(num_train_timesteps=2000)
    x, z, generator = torch.randn(shape), torch.randn(shape), torch.Generator().manual_seed(0)
    t, batch = scheduler.timesteps[1000], torch.arange(shape[0])
    calls = {
        "step": lambda: scheduler.step(z, t, x, generator=generator),
        "add_noise": lambda: scheduler.add_noise(x, z, batch),
        "set_timesteps": lambda: scheduler.set_timesteps(50),
    }
    torch.set_num_threads(1)

    def work(n):
        start = time.perf_counter()
        for _ in range(n):
            calls[call]()
        return time.perf_counter() - start

    return work


def noise_only(shape):
    """The lower bound of a step: drawing its noise as diffusers does."""
    generator = torch.Generator().manual_seed(0)
    torch.set_num_threads(1)

    def work(n):
        start = time.perf_counter()
        for _ in range(n):
            torch.randn(shape, generator=generator)
        return time.perf_counter() - start

    return work


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write the result there")
    parser.add_argument("--calls", type=int, default=300, help="calls in one turn")
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    result = {}
    for call, shapes in (("step", SHAPES), ("add_noise", SHAPES), ("set_timesteps", SHAPES[:1])):
        for shape in shapes:
            contenders = {
                library: functools.partial(contender, library, call, shape)
                for library in ("ours", "diffusers")
            }
            if call == "step":
                contenders["the draw alone"] = functools.partial(noise_only, shape)
            seconds = medians(take_turns(contenders, arguments.calls, arguments.rounds))
            result[f"{call} {' × '.join(map(str, shape))}"] = {
                "microseconds": {name: round(1e6 * s, 1) for name, s in seconds.items()},
                "times as fast as diffusers": round(seconds["diffusers"] / seconds["ours"], 2),
            }
    write(result, arguments.json)


if __name__ == "__main__":
    main()
