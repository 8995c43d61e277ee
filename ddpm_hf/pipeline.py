"""DDPMPipeline: a UNet2DModel and a scheduler → pictures, and the way there step by step."""

import copy
import inspect
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import diffusers
import torch
from diffusers import DiffusionPipeline, ImagePipelineOutput
from diffusers.callbacks import MultiPipelineCallbacks, PipelineCallback
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from ddpm_hf import runtime
from ddpm_hf.scheduler import DDPMScheduler

PRETRAINED = Path(__file__).parent / "pretrained"
"""Where the bundled models lie, one folder each."""

Generators = torch.Generator | list[torch.Generator] | None
Labels = int | Sequence[int] | Tensor | None
Callback = Callable[["DDPMPipeline", int, int, dict[str, Tensor]], dict[str, Tensor] | None]


def bundled_models() -> list[str]:
    """The names that `from_pretrained` knows without a folder or a network."""
    return sorted(folder.parent.name for folder in PRETRAINED.glob("*/model_index.json"))


@dataclass
class DenoisingStep:
    """One step t → s of sampling; all tensors are (batch, channels, height, width).

    index: 0..K−1. timestep: diffusers' timestep of x_t, the paper's t − 1.
    noisy_sample: x_t, what the UNet saw; at index 0 it is pure noise, x_T.
    model_output: what the UNet said, ẑ where it predicts noise.
    pred_original_sample: x̂_0, one jump back from x_t.
    sample: x_s, after the step; at index K−1 it is the picture. The run goes on from what stands
    here: assign to it to steer.
    """

    index: int
    timestep: int
    noisy_sample: Tensor
    model_output: Tensor
    pred_original_sample: Tensor
    sample: Tensor


class DenoisingStream(Iterator[DenoisingStep]):
    """The steps of one run, each worked out when it is asked for.

    `len()` is how many there are in all. `close()` ends the run; so does letting go of it.
    """

    def __init__(self, steps: Generator[DenoisingStep, None, None], length: int) -> None:
        self._steps, self._length = steps, length

    def __len__(self) -> int:
        return self._length

    def __next__(self) -> DenoisingStep:
        return next(self._steps)

    def close(self) -> None:
        """End the run; no further step is worked out."""
        self._steps.close()


def _step_arguments(scheduler: Any, offered: dict[str, Any]) -> dict[str, Any]:
    """Those of the arguments that this scheduler's `step` takes."""
    taken = inspect.signature(scheduler.step).parameters
    return {name: value for name, value in offered.items() if name in taken}


def _one_jump(scheduler: Any, model_output: Tensor, timestep: int, model_input: Tensor) -> Tensor:
    """x̂_0 (N6) for the schedulers that do not tell it.

    What they hand the UNet is x_t as we know it, whatever they keep themselves.
    """
    ours: DDPMScheduler = DDPMScheduler.from_config(scheduler.config)
    return ours.predict_original_sample(model_output, timestep, model_input)


class DDPMPipeline(DiffusionPipeline):
    """Drop-in for `diffusers.DDPMPipeline`.

    A stock DDPMScheduler is replaced by ours; any other scheduler of diffusers stays what it is.
    What `save_pretrained` writes, stock diffusers loads without this package.
    """

    model_cpu_offload_seq = "unet"
    _callback_tensor_inputs: ClassVar[list[str]] = [
        "latents",
        "pred_original_sample",
        "model_output",
    ]

    def __init__(self, unet: diffusers.UNet2DModel, scheduler: Any) -> None:
        super().__init__()
        self._interrupt: bool = False
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
        """Load a pipeline: a local folder wins, then a bundled model, then the Hub.

        The keyword arguments are diffusers' (`variant`, `torch_dtype`, `revision`, `token`, …).
        Weights are read from safetensors alone, unless `use_safetensors=False` asks for pickles.
        Raises OSError if there is no such model.
        """
        kwargs.setdefault("use_safetensors", True)
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

    @property
    def interrupt(self) -> bool:
        """Whether `_interrupt` was set, as diffusers' callbacks do to end a call early."""
        return self._interrupt

    def _shape(self, batch_size: int) -> tuple[int, int, int, int]:
        size = self.unet.config.sample_size
        height, width = (size, size) if isinstance(size, int) else size
        return (batch_size, self.unet.config.in_channels, height, width)

    def _class_labels(self, labels: Labels, batch_size: int, device: torch.device) -> Tensor | None:
        """One label for each picture. Raises ValueError if the UNet takes none, or needs some."""
        if self.unet.class_embedding is None:
            if labels is not None:
                raise ValueError("This model knows no classes: leave class_labels out.")
            return None
        if labels is None:
            raise ValueError("This model draws by class: give class_labels, one for each picture.")
        chosen = torch.as_tensor(labels)
        if chosen.ndim == 0:
            chosen = chosen.expand(batch_size)
        if len(chosen) != batch_size:
            raise ValueError(f"There are {len(chosen)} class_labels for {batch_size} pictures.")
        classes = self.unet.config.num_class_embeds
        if classes is not None and not bool(((chosen >= 0) & (chosen < classes)).all()):
            raise ValueError(f"class_labels must be in 0..{classes - 1}.")
        return chosen.contiguous().to(device)

    def _latents(
        self, latents: Tensor | None, batch_size: int, generator: Generators, device: torch.device
    ) -> Tensor:
        """x_T before it is scaled: what was given, or fresh noise (N5)."""
        if isinstance(generator, list) and len(generator) != batch_size:
            raise ValueError(f"There are {len(generator)} generators for {batch_size} pictures.")
        shape = self._shape(batch_size)
        # Half precision is for the network; the path itself is kept in float32.
        dtype = torch.promote_types(self.unet.dtype, torch.float32)
        if latents is None:
            latents = randn_tensor(shape, generator=generator, device=device, dtype=dtype)
        if tuple(latents.shape) != shape:
            raise ValueError(f"latents must have the shape {shape}; got {tuple(latents.shape)}.")
        return latents.to(device, dtype)

    def stream(
        self,
        batch_size: int = 1,
        generator: Generators = None,
        num_inference_steps: int | None = None,
        *,
        timesteps: Sequence[int] | None = None,
        latents: Tensor | None = None,
        class_labels: Labels = None,
        noise_scale: float = 1.0,
        backend: str = "eager",
    ) -> DenoisingStream:
        """Algorithm 2, step by step: yields a `DenoisingStep` after each (N16).

        Each call works on a scheduler of its own, so any number may run at once. The arguments
        are those of `__call__`, and raise what they raise there.
        """
        scheduler = copy.deepcopy(self.scheduler)
        device: torch.device = self._execution_device
        if timesteps is None:
            K = self.num_train_timesteps if num_inference_steps is None else num_inference_steps
            scheduler.set_timesteps(K, device=device)
        elif "timesteps" in inspect.signature(scheduler.set_timesteps).parameters:
            scheduler.set_timesteps(timesteps=timesteps, device=device)
        else:
            raise ValueError(f"{type(scheduler).__name__} takes no custom timesteps.")
        labels = self._class_labels(class_labels, batch_size, device)
        x_T = self._latents(latents, batch_size, generator, device) * scheduler.init_noise_sigma
        denoise = runtime.denoiser(self.unet, backend, tuple(x_T.shape), device, labels)
        extra = _step_arguments(scheduler, {"generator": generator, "noise_scale": noise_scale})
        steps = self._steps(scheduler, denoise, x_T, extra)
        return DenoisingStream(steps, len(scheduler.timesteps))

    @torch.no_grad()
    def _steps(
        self, scheduler: Any, denoise: runtime.Denoiser, x: Tensor, extra: dict[str, Any]
    ) -> Generator[DenoisingStep, None, None]:
        # Read once, before the loop: to read a GPU's memory is to wait for all its work.
        numbers = [int(t) for t in scheduler.timesteps.tolist()]
        try:
            for index, t in enumerate(scheduler.timesteps):
                model_input = scheduler.scale_model_input(x, t)
                model_output = denoise(model_input, t)
                result = scheduler.step(model_output, t, x, **extra)
                x_0 = result.get("pred_original_sample")
                if x_0 is None:
                    x_0 = _one_jump(scheduler, model_output, numbers[index], model_input)
                step = DenoisingStep(
                    index, numbers[index], x, model_output, x_0, result.prev_sample
                )
                yield step
                x = step.sample
        finally:
            self.maybe_free_model_hooks()

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
        class_labels: Labels = None,
        noise_scale: float = 1.0,
        backend: str = "eager",
        callback_on_step_end: Callback | None = None,
        callback_on_step_end_tensor_inputs: Sequence[str] = ("latents",),
    ) -> ImagePipelineOutput | tuple[Any]:
        """Sample pictures.

        generator: one for the batch, or a list with one for each image: then an image is the same
        in whatever batch it is drawn.
        num_inference_steps: 1..T; None means all T.
        output_type: "pil", "np" (batch, height, width, channels) or "pt" (batch, channels, height,
        width), the last two in [0, 1].
        timesteps: custom timesteps, strictly decreasing in 0..T−1, instead of their number.
        latents: x_T to start from, like the batch, instead of fresh noise.
        class_labels: for a model trained with classes: one number for all, or one for each image.
        noise_scale: multiplies σ_t (N12); 0 is the deterministic path (N13).
        backend: "eager" gives stock's very pictures; "openvino" (on a CPU) and "compile" give them
        within 1e-4, faster; "auto" is the fastest at hand, in half precision where there is some.
        callback_on_step_end: called as (pipeline, index, timestep, tensors) after each step, with
        the tensors named in `callback_on_step_end_tensor_inputs`: any of `latents` (x_s),
        `pred_original_sample` (x̂_0), `model_output`. If it returns a dict with `latents`, the run
        goes on from them. Setting `pipeline._interrupt = True` ends all calls now running on this
        object with what they have.

        Raises ValueError for numbers out of range, lists or latents that do not fit the batch, and
        class labels that the UNet does not know.
        """
        if isinstance(callback_on_step_end, PipelineCallback | MultiPipelineCallbacks):
            callback_on_step_end_tensor_inputs = callback_on_step_end.tensor_inputs
        if unknown := set(callback_on_step_end_tensor_inputs) - set(self._callback_tensor_inputs):
            raise ValueError(
                f"callback_on_step_end_tensor_inputs must be among {self._callback_tensor_inputs};"
                f" got {', '.join(sorted(unknown))}."
            )
        self._interrupt = False
        steps = self.stream(
            batch_size,
            generator,
            num_inference_steps,
            timesteps=timesteps,
            latents=latents,
            class_labels=class_labels,
            noise_scale=noise_scale,
            backend=backend,
        )
        with self.progress_bar(total=len(steps)) as bar:
            for step in steps:
                bar.update()
                if callback_on_step_end is not None:
                    tensors = {"latents": step.sample, **vars(step)}
                    chosen = {name: tensors[name] for name in callback_on_step_end_tensor_inputs}
                    changed = callback_on_step_end(self, step.index, step.timestep, chosen) or {}
                    step.sample = changed.get("latents", step.sample)
                if self.interrupt:
                    steps.close()
        images = to_images(step.sample, output_type)
        return ImagePipelineOutput(images=images) if return_dict else (images,)


def to_images(x_0: Tensor, output_type: str | None = "pil") -> Any:
    """x_0 in [−1, 1] → images in [0, 1] as "pt" or "np", or as a list of Pillow images."""
    images = (x_0 / 2 + 0.5).clamp(0, 1)
    if output_type == "pt":
        return images
    array = images.cpu().permute(0, 2, 3, 1).float().numpy()
    return DiffusionPipeline.numpy_to_pil(array) if output_type == "pil" else array
