"""DDPMPipeline: a UNet2DModel and a scheduler → pictures, and the way there step by step."""

import copy
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import diffusers
import torch
from diffusers import ImagePipelineOutput
from diffusers.callbacks import MultiPipelineCallbacks, PipelineCallback
from huggingface_hub import CommitInfo
from torch import Tensor

from ddpm_hf.bundled import located
from ddpm_hf.data.images import to_images
from ddpm_hf.guidance import guided_denoiser
from ddpm_hf.hub.saving import CardedPipeline
from ddpm_hf.inputs import Generators, Labels, checked_labels, initial_noise
from ddpm_hf.other_schedulers import set_steps, step_arguments
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.stream import DenoisingStream, denoising_steps

Callback = Callable[["DDPMPipeline", int, int, dict[str, Tensor]], dict[str, Tensor] | None]


class DDPMPipeline(CardedPipeline):
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

    def __init__(
        self,
        unet: diffusers.UNet2DModel,
        scheduler: Any,
        id2label: dict[Any, str] | None = None,
    ) -> None:
        """`id2label`: the names of the classes, by number; for a model that draws by class.

        If the UNet knows one class more than there are names, that one, the last, stands for none
        in particular: the model can draw without a class, and be guided.
        Raises ValueError for names that are not of the UNet's classes.
        """
        super().__init__()
        self._interrupt: bool = False
        self._num_timesteps: int = 0
        if type(scheduler) is diffusers.DDPMScheduler:
            scheduler = DDPMScheduler.from_config(scheduler.config)
        self.register_modules(unet=unet.eval(), scheduler=scheduler)
        if id2label is not None:
            names = {str(i): name for i, name in id2label.items()}  # JSON has no numbers as keys
            known = unet.config.num_class_embeds or 0
            if names.keys() != {str(i) for i in range(len(names))} or not (
                names and known - len(names) in (0, 1)
            ):
                raise ValueError(
                    f"id2label must name the classes 0, 1, …, all {known} of the UNet or all but"
                    f" the last; got {', '.join(names) or 'none'}."
                )
            self.register_to_config(id2label=names)
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
        pipeline: DDPMPipeline = super().from_pretrained(located(name), **kwargs)
        return pipeline

    def save_pretrained(self, save_directory: str | Path, **kwargs: Any) -> CommitInfo | None:
        """Write the folder that ours and stock diffusers load, with a card; safetensors only.

        With `push_to_hub=True` it goes to the Hub, too. Stock refuses our scheduler's
        `timestep_spacing="quadratic"` when it samples.
        """
        self._name_stock_scheduler()
        return super().save_pretrained(save_directory, **kwargs)

    def with_scheduler(self, scheduler: Any) -> "DDPMPipeline":
        """The same network, shared, with another scheduler."""
        other = DDPMPipeline(self.unet, scheduler, self.config.get("id2label"))
        other.register_to_config(_name_or_path=self.name_or_path)
        return other

    @property
    def num_train_timesteps(self) -> int:
        """T, the number of steps the model was trained on."""
        return len(self.scheduler)

    @property
    def class_names(self) -> list[str]:
        """The names of the classes that can be asked for, by number; their numbers if unnamed."""
        names: dict[str, str] | None = self.config.get("id2label")
        classes = range(self.unet.config.num_class_embeds or 0)
        if names is None:
            return [str(i) for i in classes]
        return [names[str(i)] for i in range(len(names))]

    @property
    def null_class(self) -> int | None:
        """The class that stands for none in particular; None if the model knows no such class."""
        known, named = self.unet.config.num_class_embeds, len(self.class_names)
        return named if known is not None and known > named else None

    @property
    def num_timesteps(self) -> int:
        """How many steps the latest call takes, as diffusers' callbacks ask."""
        return self._num_timesteps

    @property
    def interrupt(self) -> bool:
        """Whether `_interrupt` was set, as diffusers' callbacks do to end a call early."""
        return self._interrupt

    def stream(
        self,
        batch_size: int = 1,
        generator: Generators = None,
        num_inference_steps: int | None = None,
        *,
        timesteps: Sequence[int] | None = None,
        latents: Tensor | None = None,
        class_labels: Labels = None,
        guidance_scale: float = 1.0,
        noise_scale: float = 1.0,
        backend: str = "eager",
    ) -> DenoisingStream:
        """Algorithm 2, step by step: yields a `DenoisingStep` after each (N16).

        Each call works on a scheduler of its own, so any number may run at once. The arguments
        are those of `__call__`, and raise what they raise there.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1; got {batch_size}.")
        scheduler = copy.deepcopy(self.scheduler)
        device: torch.device = self._execution_device
        if timesteps is None:
            K = self.num_train_timesteps if num_inference_steps is None else num_inference_steps
            set_steps(scheduler, K, device)
        elif "timesteps" in inspect.signature(scheduler.set_timesteps).parameters:
            scheduler.set_timesteps(timesteps=timesteps, device=device)
        else:
            raise ValueError(f"{type(scheduler).__name__} takes no custom timesteps.")
        labels = checked_labels(self.unet, self.null_class, class_labels, batch_size, device)
        x_T = initial_noise(self.unet, latents, batch_size, generator, device)
        x_T = x_T * scheduler.init_noise_sigma
        denoise = guided_denoiser(self.unet, backend, x_T, labels, self.null_class, guidance_scale)
        extra = step_arguments(scheduler, {"generator": generator, "noise_scale": noise_scale})
        if noise_scale != 1 and "noise_scale" not in extra:
            raise ValueError(f"{type(scheduler).__name__} takes no noise_scale: leave it at 1.")
        steps = denoising_steps(scheduler, denoise, x_T, extra, self.maybe_free_model_hooks)
        return DenoisingStream(steps, len(scheduler.timesteps))

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
        guidance_scale: float = 1.0,
        noise_scale: float = 1.0,
        backend: str = "eager",
        callback_on_step_end: Callback | None = None,
        callback_on_step_end_tensor_inputs: Sequence[str] = ("latents",),
    ) -> ImagePipelineOutput | tuple[Any]:
        """Sample pictures.

        generator: one for the batch, or a list with one for each image: then an image is the same
        in whatever batch it is drawn.
        num_inference_steps: 1..T; None means all T, which some of diffusers' schedulers can't take.
        output_type: "pil", "np" (batch, height, width, channels) or "pt" (batch, channels, height,
        width), the last two in [0, 1].
        timesteps: custom timesteps, strictly decreasing in 0..T−1, instead of their number.
        latents: x_T to start from, like the batch, instead of fresh noise.
        class_labels: for a model trained with classes: one number for all, or one for each image;
        None draws any, if the model was trained for that (--class_dropout).
        guidance_scale: above 1, pictures keep closer to their class and differ less from one
        another, at twice the time a step; 1 is the model as it was trained, 0 without any class.
        noise_scale: multiplies σ_t (N12); 0 is the deterministic path (N13). Our
        scheduler alone takes it.
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
            guidance_scale=guidance_scale,
            noise_scale=noise_scale,
            backend=backend,
        )
        self._num_timesteps = len(steps)
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
