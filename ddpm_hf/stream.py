"""Algorithm 2, step by step: what `DDPMPipeline.stream` yields (N16)."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ddpm_hf.backends.denoiser import Denoiser
from ddpm_hf.editing import Repainting
from ddpm_hf.other_schedulers import LEARNED_VARIANCE
from ddpm_hf.scheduler import DDPMScheduler


@dataclass
class DenoisingStep:
    """One step t → s of sampling; all tensors are (batch, channels, height, width).

    index: 0..K−1. timestep: diffusers' timestep of x_t, the paper's t − 1.
    noisy_sample: x_t, what the UNet saw; at index 0 what the run starts from, pure noise unless
    told. Schedulers that keep x_t in another scale bring it to the UNet's first.
    model_output: the UNet's output; ẑ where it predicts noise.
    pred_original_sample: x̂_0, one jump back from x_t.
    sample: x_s, after the step; at index K−1 it is the image. The run goes on from what stands
    here: assign to it to steer.
    """

    index: int
    timestep: int
    noisy_sample: Tensor
    model_output: Tensor
    pred_original_sample: Tensor
    sample: Tensor


class DenoisingStream(Iterator[DenoisingStep]):
    """The steps of one run, each computed when it is asked for.

    `len()` is how many there are in all. `close()` ends the run; so does letting go of it.
    """

    def __init__(self, steps: Generator[DenoisingStep, None, None], length: int) -> None:
        self._steps, self._length = steps, length

    def __len__(self) -> int:
        return self._length

    def __next__(self) -> DenoisingStep:
        return next(self._steps)

    def close(self) -> None:
        """End the run; no further step is computed."""
        self._steps.close()


@torch.no_grad()
def denoising_steps(
    scheduler: Any,
    denoise: Denoiser,
    x: Tensor,
    extra: dict[str, Any],
    finish: Callable[[], None],
    walk: Sequence[int],
    repainting: Repainting | None = None,
) -> Generator[DenoisingStep, None, None]:
    """The steps from x_t down to the image, by any scheduler of diffusers whose timesteps are set.

    extra: further arguments of `scheduler.step`. finish: called at the end, however it comes.
    walk: the steps to take, by their index; it may go back while the run repaints.
    """
    is_ours = isinstance(scheduler, DDPMScheduler)
    ours: DDPMScheduler | None = None
    # Read once, before the loop: to read a GPU's memory is to wait for all its work.
    timesteps = [*map(int, scheduler.timesteps.tolist()), -1]
    try:
        for index, step_number in enumerate(walk):
            timestep, t = timesteps[step_number], scheduler.timesteps[step_number]
            model_input = scheduler.scale_model_input(x, t)
            model_output = denoise(model_input, t)
            if not isinstance(scheduler, LEARNED_VARIANCE):
                model_output = model_output[:, : x.shape[1]]
            result = scheduler.step(model_output, timestep if is_ours else t, x, **extra)
            x_0 = result.get("pred_original_sample")
            if x_0 is None:  # such a scheduler scales x_t to our x_t before the UNet sees it
                ours = ours or DDPMScheduler.from_config(scheduler.config)
                x_0 = ours.predict_original_sample(model_output, timestep, model_input)
            x, s = result.prev_sample, timesteps[step_number + 1]
            if repainting is not None:
                x = repainting.known(x, s)
            step = DenoisingStep(index, timestep, model_input, model_output, x_0, x)
            yield step
            x = step.sample
            if repainting is not None and index + 1 < len(walk):
                x = repainting.onward(x, s, timesteps[walk[index + 1]])
    finally:
        finish()
