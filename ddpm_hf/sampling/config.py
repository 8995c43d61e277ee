"""The options of ddpm_hf.sample, in the groups in which --help shows them."""

import math
from collections import ChainMap
from dataclasses import dataclass
from typing import Literal

from ddpm_hf.cli import SEED, Limit, check_ranges

LIMITS: tuple[Limit, ...] = (
    (("num_samples", "batch_size"), lambda value: value >= 1, "be at least 1"),
    (("noise_scale", "guidance_scale"), lambda value: value >= 0, "not be below 0"),
    (("noise_scale", "guidance_scale"), math.isfinite, "be finite"),
    (("eta",), lambda value: 0 <= value <= 1, "be in 0..1"),
    *SEED,
)


@dataclass(frozen=True)
class DrawingFlags:
    """What to sample, and where it goes."""

    model: str = "cats-32"
    """A pipeline's folder, a bundled model, or an id on the Hub."""
    output_dir: str = "samples"
    """The folder for the samples: 000000.png and so on, or samples.npz."""
    num_samples: int = 64
    """How many samples."""
    seed: int = 0
    """The seed of all noise."""
    class_label: str | None = None
    """For a class-conditional model: only this class, by its name or its number, instead of all
    classes in turn. Where classes are called by numbers, a number is a name."""
    guidance_scale: float = 1.0
    """For a model trained with --class_dropout: above 1, truer to the class and less varied."""
    format: Literal["png", "npz"] = "png"
    """A PNG for each sample, or all in one .npz: `arr_0`, uint8, (n, height, width, channels)."""


@dataclass(frozen=True)
class SamplerFlags:
    """The sampler: how many steps it takes, and which."""

    num_inference_steps: int | None = None
    """Sampling steps; by default all T."""
    timestep_spacing: Literal["leading", "linspace", "trailing", "quadratic", "visible"] | None = (
        None
    )
    """The spacing of the timesteps, instead of the model's own; quadratic takes smaller steps at
    small t, for finer detail in as many steps; visible is trailing without the t at which less
    than half a grey level of the image is left."""
    max_timestep: int | None = None
    """Start from pure noise at this timestep, with trailing spacing unless --timestep_spacing is
    given. Timesteps at which almost nothing is left of an image are skipped; the others lie
    closer together."""
    variance_type: Literal["fixed_small", "fixed_large"] | None = None
    """fixed_small (β̃) or fixed_large (β) instead of the model's own."""
    noise_scale: float = 1.0
    """Multiplies the noise added in each step; 0 is deterministic."""
    eta: float | None = None
    """DDIM, in 0..1: 0 is deterministic and keeps the noise of x_T, 1 is DDPM with fixed_small."""
    solver_order: Literal[1, 2] = 1
    """2 also uses the x̂_0 of the previous step: SDE-DPM-Solver++, with --eta 0 DPM-Solver++. For
    few steps, best with --eta 0.3 --timestep_spacing visible."""
    scheduler: str | None = None
    """A diffusers scheduler by name (DDIM, DPMSolverMultistep, …) instead of the model's own."""
    algorithm_type: Literal["dpmsolver++", "sde-dpmsolver++"] | None = None
    """For --scheduler DPMSolverMultistep: sde-dpmsolver++ adds noise in each step, as DDPM does."""


@dataclass(frozen=True)
class SpeedFlags:
    """How the network runs."""

    batch_size: int = 16
    """Images sampled at once, even if fewer are asked for, because an image's last bits depend on
    it."""
    backend: Literal["auto", "eager", "openvino", "int8", "compile"] = "auto"
    """The fastest available, plain PyTorch, OpenVINO on a CPU in float32 or (faster than auto, a
    little less exact) in int8, or torch.compile."""


@dataclass(frozen=True)
class SampleConfig(SpeedFlags, SamplerFlags, DrawingFlags):
    """All options; the groups in order, for the last base is the first."""

    def __post_init__(self) -> None:
        check_ranges(self, LIMITS)


def from_groups(*, drawing: DrawingFlags, sampler: SamplerFlags, speed: SpeedFlags) -> SampleConfig:
    """Draw samples from a trained model. Run again, it draws what is missing.

    Example: accelerate launch -m ddpm_hf.sample --model cats-32 \\
      --num_samples 64 --num_inference_steps 50 --output_dir samples
    """
    return SampleConfig(**ChainMap(*map(vars, (drawing, sampler, speed))))
