"""DDPMPipeline: a UNet2DModel and a scheduler → images, and each step on the way."""

import copy
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from diffusers import ImagePipelineOutput
from diffusers.callbacks import MultiPipelineCallbacks, PipelineCallback
from torch import Tensor

from ddpm_hf.data.images import to_images
from ddpm_hf.editing import (
    STRENGTH,
    Repainting,
    Source,
    between,
    chosen_strength,
    first_step,
    repaint_walk,
    same_generators,
    start,
)
from ddpm_hf.guidance import guided_denoiser
from ddpm_hf.inputs import Labels, checked_labels, initial_noise
from ddpm_hf.model import ModelPipeline
from ddpm_hf.noise import Generators, NoiseBetween
from ddpm_hf.other_schedulers import set_timesteps, step_arguments
from ddpm_hf.own_pictures import Pictures, own_pictures
from ddpm_hf.stream import DenoisingStream, denoising_steps

Callback = Callable[["DDPMPipeline", int, int, dict[str, Tensor]], dict[str, Tensor] | None]


class DDPMPipeline(ModelPipeline):
    """Drop-in for `diffusers.DDPMPipeline`.

    diffusers' DDPMScheduler is replaced by ours; its other schedulers stay as they are.
    diffusers loads what `save_pretrained` writes, without this package.
    """

    _callback_tensor_inputs: ClassVar[list[str]] = [
        "latents",
        "pred_original_sample",
        "model_output",
    ]
    _interrupt: bool = False
    _num_timesteps: int = 0

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
        eta: float | None = None,
        solver_order: int = 1,
        backend: str = "eager",
        image: Pictures | None = None,
        mask_image: Pictures | None = None,
        strength: float | None = None,
        jump_length: int = 10,
        jump_n_sample: int = 10,
    ) -> DenoisingStream:
        """Algorithm 2, step by step: yields a `DenoisingStep` after each (N16).

        Each call works on a scheduler of its own, so any number may run at once. The arguments
        are those of `__call__`, and raise what they raise there.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1; got {batch_size}.")
        source = Source.checked(self.unet, image, mask_image, batch_size)
        batch_size = batch_size if source is None else len(source.x_0)
        scheduler, device = copy.deepcopy(self.scheduler), self._execution_device
        K = set_timesteps(scheduler, num_inference_steps, timesteps, device)
        first = first_step(scheduler, K, chosen_strength(strength, source, latents))
        labels = checked_labels(self.unet, self.null_class, class_labels, batch_size, device)
        noise = initial_noise(self.unet, latents, batch_size, generator, device)
        is_x_t = latents is not None and strength is not None
        x_t = noise if is_x_t else start(scheduler, noise, source, first)
        denoise = guided_denoiser(self.unet, backend, x_t, labels, self.null_class, guidance_scale)
        of_step = {"noise_scale": noise_scale, "eta": eta, "solver_order": solver_order}
        extra = step_arguments(scheduler, generator, **of_step)
        walk = list(range(first, len(scheduler.timesteps)))
        repainting = None
        if source is not None and source.mask is not None:
            repainting = Repainting(scheduler, source, noise, generator)
            walk = [first + i for i in repaint_walk(len(walk), jump_length, jump_n_sample)]
        finish = self.maybe_free_model_hooks
        steps = denoising_steps(scheduler, denoise, x_t, extra, finish, walk, repainting)
        return DenoisingStream(steps, len(walk))

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
        eta: float | None = None,
        solver_order: int = 1,
        backend: str = "eager",
        image: Pictures | None = None,
        mask_image: Pictures | None = None,
        strength: float | None = None,
        jump_length: int = 10,
        jump_n_sample: int = 10,
        callback_on_step_end: Callback | None = None,
        callback_on_step_end_tensor_inputs: Sequence[str] = ("latents",),
    ) -> ImagePipelineOutput | tuple[Any]:
        """Sample images.

        generator: one for the batch, or a list with one for each image: then an image is the same
        in whatever batch it is drawn.
        num_inference_steps: 1..T; None means all T, which some of diffusers' schedulers can't take.
        output_type: "pil", "np" (batch, height, width, channels) or "pt" (batch, channels, height,
        width), the last two in [0, 1].
        timesteps: custom timesteps, strictly decreasing in 0..T−1, instead of their number.
        latents: x_T to start from, like the batch, instead of fresh noise.
        class_labels: for a model trained with classes: one number for all, or one for each image;
        None draws any class, if the model was trained for that (--class_dropout).
        guidance_scale: above 1, images are truer to their class and less varied, at twice the time
        per step; 1 is the model as it was trained, 0 ignores the class.
        noise_scale: multiplies σ_t (N12); 0 is the deterministic path (N13). With our
        scheduler only.
        eta: in [0, 1], DDIM: 1 is DDPM with β̃; 0 is deterministic, one image for each x_T.
        solver_order: 2 is SDE-DPM-Solver++, with eta=0 DPM-Solver++: for few steps, best with
        eta=0.3 and timestep_spacing="visible" of the scheduler.
        backend: "eager" gives the images that diffusers gives; "openvino" (on a CPU) and "compile"
        are faster, within 1e-4; "auto" is the fastest available, in half precision if possible;
        "int8" (on a CPU) is faster still, most where there is no bf16, and a little less exact.
        image: your own image to start from: x_t is drawn from it (N4). A Pillow image, a tensor
        (channels, height, width) or an array in [0, 1], a batch or a list; resized to the model's
        size. One is for the whole batch; several are the batch, with batch_size left at 1.
        mask_image: inpainting (RePaint, Lugmayr et al. 2022): only what is white in it is drawn,
        the rest is kept. With our scheduler only.
        strength: in (0, 1]; the run takes its last int(strength·K) steps, from `image` (by default
        0.35, or 1 with a mask), or from `latents`, which are x_t then.
        jump_length, jump_n_sample: with a mask, each stretch of so many steps is drawn so many
        times, as RePaint: (1, 1) takes no step twice; 10, 10 takes nearly ten times as long.
        callback_on_step_end: called as (pipeline, index, timestep, tensors) after each step, with
        the tensors named in `callback_on_step_end_tensor_inputs`: any of `latents` (x_s),
        `pred_original_sample` (x̂_0), `model_output`. If it returns a dict with `latents`, the run
        goes on from them. Setting `pipeline._interrupt = True` ends all calls now running on this
        object with what they have.

        Raises ValueError for numbers out of range, lists, latents or images that do not fit the
        batch or the model, and class labels that the UNet does not know.
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
            eta=eta,
            solver_order=solver_order,
            backend=backend,
            image=image,
            mask_image=mask_image,
            strength=strength,
            jump_length=jump_length,
            jump_n_sample=jump_n_sample,
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

    def interpolate(
        self,
        a: Pictures | int,
        b: Pictures | int,
        num_images: int = 8,
        generator: torch.Generator | None = None,
        num_inference_steps: int | None = None,
        *,
        timesteps: Sequence[int] | None = None,
        strength: float = STRENGTH,
        **arguments: Any,
    ) -> ImagePipelineOutput | tuple[Any]:
        """Images between two: on a line in x_t, then Algorithm 2 (DDPM section 4.4, figure 8).

        a, b: two of your own images, as `image` of `__call__`, whose x_t share their noise; or
        two seeds, all of whose noise is mixed: the first and last image are those of the seeds.
        num_images: at least 2, the first and the last for a and b.
        generator: with images, the noise of the run, the same for all.
        strength: with images, as in `__call__`: how far the row may go from those given.
        Further arguments are those of `__call__`, and raise what they raise there; ValueError for
        one image and one seed, or more than two images.
        """
        if num_images < 2:
            raise ValueError(f"num_images must be at least 2; got {num_images}.")
        weights = torch.linspace(0, 1, num_images)
        how = {"num_inference_steps": num_inference_steps, "timesteps": timesteps, **arguments}
        if isinstance(a, int) and isinstance(b, int):
            return self(num_images, NoiseBetween((a, b), weights), **how)
        if isinstance(a, int) or isinstance(b, int):
            raise ValueError("Give two images or two seeds, not one of each.")
        pictures = torch.cat([own_pictures(self.unet, x) for x in (a, b)])
        if len(pictures) != 2:
            raise ValueError(f"There are {len(pictures)} images: give two, as a and b.")
        noise = initial_noise(self.unet, None, 1, generator, self._execution_device)
        scheduler = copy.deepcopy(self.scheduler)
        K = set_timesteps(scheduler, num_inference_steps, timesteps, noise.device)
        x_t = between(scheduler, pictures, noise, first_step(scheduler, K, strength), weights)
        generators = same_generators(num_images, generator)
        return self(num_images, generators, latents=x_t, strength=strength, **how)
