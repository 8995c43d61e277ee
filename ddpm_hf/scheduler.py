"""DDPMScheduler: the notes' equations behind diffusers' scheduler contract.

A thin shell over `equations`: diffusers' `timestep` (0..T−1, −1 for the clean image) is the
paper's t − 1.
"""

import copy
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.schedulers.scheduling_utils import KarrasDiffusionSchedulers, SchedulerMixin
from diffusers.utils import BaseOutput
from torch import Tensor

from ddpm_hf.equations import reverse_step, weighted_sum
from ddpm_hf.noise import Generators, noise_like
from ddpm_hf.prediction import prediction_of
from ddpm_hf.schedules import BY_BETAS, EXACT, SCHEDULES, NoiseSchedule, rescale_zero_terminal_snr
from ddpm_hf.timestep_equations import TimestepEquations
from ddpm_hf.timesteps import StepPlan, StepWeights, checked_timesteps, scheduled_timesteps
from ddpm_hf.variance import step_std

MOST_SIGNAL_LEFT = 0.1
"""√ᾱ_T above this gets a warning; Stable Diffusion's schedule has 0.07."""


@dataclass
class DDPMSchedulerOutput(BaseOutput):
    """What `step` returns; both tensors have the shape of the `sample` given.

    dtype: `torch.promote_types` of `sample` and model output.

    prev_sample: x_s, the input of the next step.
    pred_original_sample: x̂_0, clipped or thresholded as the config says.
    """

    prev_sample: Tensor
    pred_original_sample: Tensor


class DDPMScheduler(SchedulerMixin, ConfigMixin, TimestepEquations):
    """Drop-in for `diffusers.DDPMScheduler`, with the same config keys and meanings.

    One default differs: a bare `DDPMScheduler()` is the notes' schedule, T = 2000 (N1). Save it
    with our pipeline, which records diffusers' class: a folder that diffusers' pipeline saved
    needs this package.
    Unknown names raise when they are used, not at construction, except `beta_schedule`.
    `betas`, `alphas` and `alphas_cumprod`, float32 as in diffusers, are for reading: the equations
    use an exact table of ln ᾱ.
    """

    _compatibles: ClassVar[list[str]] = [e.name for e in KarrasDiffusionSchedulers]
    order = 1
    init_noise_sigma = 1.0

    @register_to_config
    def __init__(
        self,
        num_train_timesteps: int = 2000,
        beta_start: float = 0.0001,
        beta_end: float = 0.02,
        beta_schedule: str = "linear",
        trained_betas: np.ndarray | list[float] | None = None,
        variance_type: str = "fixed_small",
        clip_sample: bool = True,
        prediction_type: str = "epsilon",
        thresholding: bool = False,
        dynamic_thresholding_ratio: float = 0.995,
        clip_sample_range: float = 1.0,
        sample_max_value: float = 1.0,
        timestep_spacing: str = "leading",
        steps_offset: int = 0,
        rescale_betas_zero_snr: bool = False,
    ) -> None:
        if trained_betas is not None:
            betas = torch.as_tensor(np.asarray(trained_betas), **EXACT)
        elif beta_schedule in SCHEDULES:
            make_betas = SCHEDULES[beta_schedule]
            betas = make_betas(num_train_timesteps, beta_start, beta_end)
        else:
            known = ", ".join(SCHEDULES)
            raise NotImplementedError(f"beta_schedule must be one of {known}; got {beta_schedule}.")
        if rescale_betas_zero_snr:
            betas = rescale_zero_terminal_snr(betas)

        self.schedule = NoiseSchedule.from_betas(betas)
        self.betas, self.alphas = betas.float(), (1 - betas).float()
        self.alphas_cumprod = self.schedule.log_alpha_bar[1:].exp().float()
        self.variance_type = variance_type
        self.num_inference_steps: int | None = None
        self._use_plan(list(range(self.schedule.T))[::-1])
        signal_left = float(self.schedule.alpha_bar(self.schedule.T).sqrt())
        if signal_left > MOST_SIGNAL_LEFT:
            by_betas = trained_betas is None and beta_schedule in BY_BETAS
            remedy = "Raise beta_end or num_train_timesteps, or set" if by_betas else "Set"
            warnings.warn(
                f"√ᾱ_T = {signal_left:.2f} at T = {self.schedule.T}: an outline of the image"
                " survives in x_T (N5), yet sampling starts from pure noise."
                f" {remedy} rescale_betas_zero_snr.",
                stacklevel=3,
            )

    def register_to_config(self, **settings: Any) -> None:
        """Record settings; not which of them are defaults.

        Else another class that reads this config took its own defaults for what is one of ours.
        """
        settings.pop("_use_default_values", None)
        super().register_to_config(**settings)

    @classmethod
    def extract_init_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Any:
        """Read a config as it stands: another class's default T is not ours.

        But not DPM-Solver's variance, which is none.
        """
        stated = {k: v for k, v in config_dict.items() if k != "_use_default_values"}
        if stated.get("variance_type", ...) is None:
            del stated["variance_type"]
        return super().extract_init_dict(stated, **kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> "DDPMScheduler":
        """A copy with a state of its own: what the two share is replaced, never changed."""
        return copy.copy(self)

    def __len__(self) -> int:
        return self.schedule.T

    def _use_plan(self, timesteps: list[int], device: str | torch.device | None = None) -> None:
        self._plan = StepPlan(self.schedule, self.config.prediction_type, timesteps, device)
        self._latest: tuple[int, Tensor] | None = None  # where the step before led, and its x̂_0

    @property
    def timesteps(self) -> Tensor:
        """The timesteps of the run, strictly decreasing; others may be assigned."""
        return self._plan.timesteps

    @timesteps.setter
    def timesteps(self, timesteps: Tensor) -> None:
        self._use_plan(checked_timesteps(timesteps.tolist(), self.schedule.T), timesteps.device)

    def set_timesteps(
        self,
        num_inference_steps: int | None = None,
        device: str | torch.device | None = None,
        timesteps: Sequence[int] | None = None,
    ) -> None:
        """Choose the steps of a run: how many (None: all T), or which.

        Raises ValueError for both at once, a number outside 1..T, or custom timesteps that are
        not strictly decreasing in 0..T−1.
        """
        T = self.schedule.T
        if timesteps is None:
            K = T if num_inference_steps is None else num_inference_steps
            spacing, offset = self.config.timestep_spacing, self.config.steps_offset
            steps = scheduled_timesteps(self.schedule, K, spacing, offset)
        elif num_inference_steps is None:
            steps = checked_timesteps(timesteps, T)
        else:
            raise ValueError("Pass either num_inference_steps or timesteps, not both.")
        self._use_plan(steps, device)
        self.num_inference_steps = len(steps)

    def scale_model_input(self, sample: Tensor, timestep: int | Tensor | None = None) -> Tensor:
        """The sample as it is: DDPM's UNet takes x_t unscaled."""
        return sample

    def previous_timestep(self, timestep: int | Tensor) -> Tensor:
        """The timestep after this one in the run, −1 after the last; a 0-d tensor."""
        return torch.tensor(self._plan.at(timestep).prev_timestep)

    def _get_variance(
        self,
        t: int | Tensor,
        predicted_variance: Tensor | None = None,
        variance_type: str | None = None,
    ) -> Tensor:
        """σ² of the step from timestep t: 0-d float64, or like `predicted_variance`.

        Raises ValueError for an unknown `variance_type`.
        """
        kind = variance_type or self.variance_type
        return step_std(self._plan.at(t), predicted_variance, kind) ** 2

    def _second_order(self, w: StepWeights, x_0: Tensor) -> Tensor:
        """What takes x̂_0's place in μ, if the step before led to this one. Remembers x̂_0."""
        latest, self._latest = self._latest, (w.prev_timestep, x_0)
        if latest is None or latest[0] != w.timestep:
            return x_0
        return weighted_sum(w.second_order, x_0, latest[1])

    def step(
        self,
        model_output: Tensor,
        timestep: int | Tensor,
        sample: Tensor,
        generator: Generators = None,
        return_dict: bool = True,
        noise_scale: float = 1.0,
        eta: float | None = None,
        solver_order: int = 1,
    ) -> DDPMSchedulerOutput | tuple[Tensor, Tensor]:
        """One step back: x_t → x_s, with x̂_0 on the way.

        model_output, sample: (batch, channels, height, width); with a learned variance
        `model_output` has twice the channels, the variance in the second half.
        timestep: one of those set, an int or a 0-d tensor.
        generator: one for the batch, or a list with one for each image.
        noise_scale: multiplies σ (N12); 0 is the deterministic path (N13).
        eta: in [0, 1], DDIM instead, whatever the variance type: 1 is DDPM's step with β̃, 0
        adds no noise and keeps that of x_t.
        solver_order: 2 uses the x̂_0 of the step before, too, if that was of order 2: with β̃
        SDE-DPM-Solver++, with eta=0 DPM-Solver++. At order 1 they are DDPM and DDIM.

        Draws noise once, and not at all on the last step, nor for a scale of 0. Reads nothing
        back from a GPU, if `timestep` is an int or taken from `timesteps`.
        Raises ValueError for a timestep not set, an unknown name in the config, or `eta` or
        `solver_order` out of range.
        """
        if solver_order not in (1, 2):
            raise ValueError(f"solver_order must be 1 or 2; got {solver_order}.")
        w = self._plan.at(timestep, torch.promote_types(sample.dtype, torch.float32), eta)
        predicted_variance = None
        if model_output.shape[1] == 2 * sample.shape[1]:
            model_output, predicted_variance = model_output.chunk(2, dim=1)

        predicted = prediction_of(self.config.prediction_type)
        x_0 = self.clip_x0(predicted.x0(w.rates, sample, model_output))
        aim = self._second_order(w, x_0) if solver_order == 2 else x_0
        mean = weighted_sum(w.mean, sample, aim)
        if w.is_last or noise_scale == 0 or eta == 0:
            x_s = mean  # no noise on the last step, nor on the deterministic path (N13)
        else:
            z = noise_like(sample, generator)
            kind = self.variance_type if eta is None else "fixed_small"
            std = step_std(w, predicted_variance, kind)
            x_s = reverse_step(mean, std if noise_scale == 1 else noise_scale * std, z)
        if not return_dict:
            return x_s, x_0
        return DDPMSchedulerOutput(prev_sample=x_s, pred_original_sample=x_0)
