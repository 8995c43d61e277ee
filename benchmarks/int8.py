"""`backend="int8"`: how exact and how fast the network is beside float32 and bf16.

`OMP_NUM_THREADS=1 python benchmarks/int8.py --model cats-32-v`, and for a CPU that has VNNI and no
bf16 `ONEDNN_MAX_CPU_ISA=AVX512_CORE_VNNI OMP_NUM_THREADS=1 python benchmarks/int8.py --no_bf16`.
The samples that int8 draws are measured by `ddpm_hf.evaluate --backend int8`.
"""

import json
import math
import time
from dataclasses import dataclass
from statistics import fmean

import torch
import tyro
from interleave import machine

from ddpm_hf import DDPMPipeline
from ddpm_hf.backends import conversion
from ddpm_hf.backends.denoiser import make_denoiser
from ddpm_hf.bundled import PRETRAINED
from ddpm_hf.noise import image_generators
from ddpm_hf.unet import height_width

BATCHES, ROUNDS, CHAINS = (1, 4, 16), 15, 4
BACKENDS = ("openvino", "int8", "auto")
"""The first is in float32; the errors of the others are measured from it."""


@dataclass(frozen=True)
class Config:
    """Compare int8 with float32."""

    model: str = "cats-32-v"
    """A bundled model."""
    bf16: bool = True
    """Without it, OpenVINO works in float32 where it would take bf16."""


def labels_for(unet, batch):
    """A class for each, if the model has classes."""
    return None if unet.class_embedding is None else torch.arange(batch) % 10


def denoisers(unet, batch):
    """Each backend's network, by name, and the shape that it takes."""
    shape = (batch, unet.config.in_channels, *height_width(unet.config.sample_size))
    labels = labels_for(unet, batch)
    cpu = torch.device("cpu")
    return {name: make_denoiser(unet, name, shape, cpu, labels) for name in BACKENDS}, shape


def milliseconds(unet):
    """The least processor time of a call by batch and backend, in turns."""
    found = {}
    for batch in BATCHES:
        calls, shape = denoisers(unet, batch)
        x, t = torch.randn(shape), torch.tensor(500.0)
        times = {name: [] for name in calls}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                start = time.process_time()
                call(x, t)
                times[name].append(1e3 * (time.process_time() - start))
        found[batch] = {name: min(each) for name, each in times.items()}
    return found


def errors(pipeline):
    """By backend, the root mean square difference from the first's output, by t of a chain."""
    calls, _ = denoisers(pipeline.unet, CHAINS)
    found = {name: {} for name in BACKENDS[1:]}
    for step in pipeline.stream(
        *(CHAINS, image_generators(8, range(CHAINS))),
        num_inference_steps=50,
        backend=BACKENDS[0],
        class_labels=labels_for(pipeline.unet, CHAINS),
    ):
        x, t = step.noisy_sample, torch.tensor(float(step.timestep))
        outputs = {name: call(x, t) for name, call in calls.items()}
        for name, by_t in found.items():
            difference = outputs[name] - outputs[BACKENDS[0]]
            by_t[step.timestep] = float(difference.square().mean().sqrt())
    return found


def main():
    config = tyro.cli(Config, use_underscores=True)
    pipeline = DDPMPipeline.from_pretrained(PRETRAINED / config.model)
    if not config.bf16:
        conversion.core().set_property("CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    by_t = errors(pipeline)
    rms = {name: math.sqrt(fmean(x * x for x in each.values())) for name, each in by_t.items()}
    times = milliseconds(pipeline.unet)
    result = {"model": config.model, "rms": rms, "rms by t": by_t, "milliseconds": times}
    print(json.dumps({**result, "machine": machine()}, indent=2))


if __name__ == "__main__":
    main()
