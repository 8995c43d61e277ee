"""What ddpm_hf.sample is asked for."""

from dataclasses import dataclass
from typing import Literal

from ddpm_hf.errors import UserError


@dataclass(frozen=True)
class SampleConfig:
    """Sample a trained model. A killed run completes when started again; files are kept."""

    model: str = "cats-32"
    """A pipeline's folder, a bundled model, or an id on the Hub."""
    output_dir: str = "samples"
    """Where the pictures go: 000000.png and so on, or samples.npz."""
    num_samples: int = 64
    """How many pictures."""
    seed: int = 0
    """Decides the noise of every picture."""
    num_inference_steps: int | None = None
    """Steps of sampling; unless given, all T."""
    batch_size: int = 16
    """Pictures worked out at once, also where fewer are asked for; a picture's last bits depend on
    it."""
    scheduler: str | None = None
    """A scheduler of diffusers by name (DDIM, DPMSolverMultistep, …) instead of the model's own."""
    algorithm_type: Literal["dpmsolver++", "sde-dpmsolver++"] | None = None
    """For --scheduler DPMSolverMultistep: sde-dpmsolver++ adds noise in each step, as DDPM does."""
    variance_type: Literal["fixed_small", "fixed_large"] | None = None
    """fixed_small (β̃) or fixed_large (β) instead of the model's own."""
    timestep_spacing: Literal["leading", "linspace", "trailing", "quadratic"] | None = None
    """Where the steps lie, instead of the model's own: quadratic has smaller ones near the picture,
    which makes it finer in as many steps."""
    max_timestep: int | None = None
    """The run begins at this step, at pure noise, with trailing steps unless --timestep_spacing is
    given. Steps where next to nothing is left of a picture are left out; the others are smaller."""
    noise_scale: float = 1.0
    """Multiplies the noise of each step; 0 is the deterministic path."""
    class_label: int | str | None = None
    """For a model that draws by class: this one alone, by its number or name, instead of one after
    the other."""
    guidance_scale: float = 1.0
    """For a model trained with --class_dropout: above 1, closer to the class and less varied."""
    format: Literal["png", "npz"] = "png"
    """A PNG for each picture, or all in one .npz: `arr_0`, uint8, (n, height, width, channels)."""
    backend: Literal["auto", "eager", "openvino", "compile"] = "auto"
    """How the network runs: the fastest at hand, plain PyTorch, OpenVINO in float32 on a CPU, or
    torch.compile."""

    def __post_init__(self) -> None:
        for name in ("num_samples", "batch_size"):
            if getattr(self, name) < 1:
                raise UserError(f"--{name} must be at least 1; got {getattr(self, name)}.")
        if self.seed < 0:
            raise UserError(f"--seed must not be negative; got {self.seed}.")
