"""DDPMPipeline: a UNet2DModel and a scheduler → pictures, and the way there step by step."""

import copy
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers import DiffusionPipeline, ImagePipelineOutput
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from ddpm_hf import runtime
from ddpm_hf.scheduler import DDPMScheduler

PRETRAINED = Path(__file__).parent / "pretrained"
"""Where the bundled models lie, one folder each."""

Generators = torch.Generator | list[torch.Generator] | None


def bundled_models() -> list[str]:
    """The names that `from_pretrained` knows without a folder or a network."""
    return sorted(folder.parent.name for folder in PRETRAINED.glob("*/model_index.json"))


@dataclass(frozen=True)
class DenoisingStep:
    """One step t → s of sampling; all tensors are (batch, channels, height, width).

    index: 0..K−1. timestep: diffusers' timestep of x_t, the paper's t − 1.
    noisy_sample: x_t, what the UNet saw; at index 0 it is pure noise, x_T.
    model_output: what the UNet said, ẑ where it predicts noise.
    pred_original_sample: x̂_0, one jump back from x_t.
    sample: x_s, after the step; at index K−1 it is the picture.
    """

    index: int
    timestep: int
    noisy_sample: Tensor
    model_output: Tensor
    pred_original_sample: Tensor
    sample: Tensor


def _step_arguments(scheduler: Any, offered: dict[str, Any]) -> dict[str, Any]:
    """Those of the arguments that this scheduler's `step` takes."""
    taken = inspect.signature(scheduler.step).parameters
    return {name: value for name, value in offered.items() if name in taken}


class DDPMPipeline(DiffusionPipeline):
    """Drop-in for `diffusers.DDPMPipeline`.

    A stock DDPMScheduler is replaced by ours; any other scheduler of diffusers stays what it is.
    What `save_pretrained` writes, stock diffusers loads without this package.
    """

    model_cpu_offload_seq = "unet"

    def __init__(self, unet: diffusers.UNet2DModel, scheduler: Any) -> None:
        super().__init__()
        if type(scheduler) is diffusers.DDPMScheduler:
            scheduler = DDPMScheduler.from_config(scheduler.config)
        self.register_modules(unet=unet.eval(), scheduler=scheduler)
        self._name_stock_scheduler()

    def _name_stock_scheduler(self) -> None:
        """Record our scheduler as the stock class that reads the same config."""
        if isinstance(self.scheduler, DDPMScheduler):
            self.register_to_config(scheduler=("diffusers", "DDPMScheduler"))

    @classmethod
    def from_pretrained(cls, name: str | Path, **kwargs: Any) -> "DDPMPipeline":
        """Load a pipeline: a local folder wins, then a bundled model, then the Hub."""
        is_folder = (Path(name) / "model_index.json").exists()
        if not is_folder and str(name) in bundled_models():
            name = PRETRAINED / name
        pipeline: DDPMPipeline = super().from_pretrained(str(name), **kwargs)
        return pipeline

    def save_pretrained(self, save_directory: str | Path, **kwargs: Any) -> None:
        """Write the folder that ours and stock diffusers load; safetensors only."""
        self._name_stock_scheduler()
        super().save_pretrained(str(save_directory), **kwargs)

    @property
    def num_train_timesteps(self) -> int:
        """T, the number of steps the model was trained on."""
        return int(self.scheduler.config.num_train_timesteps)

    @torch.no_grad()
    def stream(
        self,
        batch_size: int = 1,
        generator: Generators = None,
        num_inference_steps: int | None = None,
        *,
        timesteps: Sequence[int] | None = None,
        latents: Tensor | None = None,
        noise_scale: float = 1.0,
        backend: str = "eager",
    ) -> Iterator[DenoisingStep]:
        """Algorithm 2, step by step: yields a `DenoisingStep` after each (N16).

        Each call works on a scheduler of its own, so any number may run at once. Closing the
        iterator stops the work. The arguments are those of `__call__`.
        """
        scheduler = copy.deepcopy(self.scheduler)
        device = self._execution_device
        if timesteps is None:
            K = self.num_train_timesteps if num_inference_steps is None else num_inference_steps
            scheduler.set_timesteps(K, device=device)
        else:
            scheduler.set_timesteps(timesteps=timesteps, device=device)
        size = self.unet.config.sample_size
        height, width = (size, size) if isinstance(size, int) else size
        shape = (batch_size, self.unet.config.in_channels, height, width)
        # Half precision is for the network; the path itself is kept in float32.
        dtype = torch.promote_types(self.unet.dtype, torch.float32)
        if latents is None:
            latents = randn_tensor(shape, generator=generator, device=device, dtype=dtype)
        x = latents.to(device, dtype) * scheduler.init_noise_sigma  # x_T (N5)

        denoise = runtime.denoiser(self.unet, backend, tuple(x.shape))
        extra = _step_arguments(scheduler, {"generator": generator, "noise_scale": noise_scale})
        for index, t in enumerate(scheduler.timesteps):
            model_output = denoise(scheduler.scale_model_input(x, t), t)
            step = scheduler.step(model_output, t, x, **extra)
            x_0 = step.get("pred_original_sample", step.prev_sample)
            yield DenoisingStep(index, int(t), x, model_output, x_0, step.prev_sample)
            x = step.prev_sample

    @torch.no_grad()
    def __call__(
        self,
        batch_size: int = 1,
        generator: Generators = None,
        num_inference_steps: int | None = None,
        output_type: str | None = "pil",
        return_dict: bool = True,
        *,
        timesteps: Sequence[int] | None = None,
        latents: Tensor | None = None,
        noise_scale: float = 1.0,
        backend: str = "eager",
    ) -> ImagePipelineOutput | tuple[Any]:
        """Sample pictures.

        generator: one for the batch, or a list with one for each image.
        num_inference_steps: 1..T; None means all T.
        output_type: "pil", "np" (batch, height, width, channels) or "pt" (batch, channels, height,
        width), the last two in [0, 1].
        timesteps: custom timesteps, strictly decreasing in 0..T−1, instead of their number.
        latents: x_T to start from, instead of fresh noise.
        noise_scale: multiplies σ_t (N12); 0 is the deterministic path (N13).
        backend: "eager" gives stock's very pictures; "auto" is the fastest at hand.
        """
        K = self.num_train_timesteps if num_inference_steps is None else num_inference_steps
        steps = self.stream(
            batch_size,
            generator,
            num_inference_steps,
            timesteps=timesteps,
            latents=latents,
            noise_scale=noise_scale,
            backend=backend,
        )
        with self.progress_bar(total=K if timesteps is None else len(timesteps)) as bar:
            for step in steps:
                bar.update()
                x_0 = step.sample
        images = to_images(x_0, output_type)
        self.maybe_free_model_hooks()
        return ImagePipelineOutput(images=images) if return_dict else (images,)


def to_images(x_0: Tensor, output_type: str | None = "pil") -> Any:
    """x_0 in [−1, 1] → images in [0, 1] as "pt" or "np", or as a list of Pillow images."""
    images = (x_0 / 2 + 0.5).clamp(0, 1)
    if output_type == "pt":
        return images
    array = images.cpu().permute(0, 2, 3, 1).float().numpy()
    return DiffusionPipeline.numpy_to_pil(array) if output_type == "pil" else array
