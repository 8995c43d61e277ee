"""DDPMScheduler: the notes' equations behind diffusers' scheduler contract.

A thin shell over `equations`: diffusers' `timestep` (0..T−1, −1 for the clean picture) is the
paper's t − 1.
"""

import copy
import warnings
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.schedulers.scheduling_utils import KarrasDiffusionSchedulers, SchedulerMixin
from diffusers.utils import BaseOutput
from torch import Tensor

from ddpm_hf import equations
from ddpm_hf.equations import NoiseSchedule
from ddpm_hf.noise import noise_like
from ddpm_hf.timesteps import StepPlan, StepWeights, checked_timesteps, spaced_timesteps

PREDICTION_TYPES = ("epsilon", "sample", "v_prediction")
FIXED_VARIANCES = ("fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log")
LEARNED_VARIANCES = ("learned", "learned_range")
MOST_SIGNAL_LEFT = 0.1
"""√ᾱ_T above this gets a warning; Stable Diffusion's schedule has 0.07."""

Timesteps = int | Tensor
"""diffusers' timesteps, −1..T−1 (−1: the clean picture): an int, or a long tensor (batch,)."""


@dataclass
class DDPMSchedulerOutput(BaseOutput):
    """What `step` returns; both tensors have the shape of the `sample` given.

    dtype: `torch.promote_types` of `sample` and model output.

    prev_sample: x_s, the input of the next step.
    pred_original_sample: x̂_0, clipped or thresholded as the config says.
    """

    prev_sample: Tensor
    pred_original_sample: Tensor

    def __post_init__(self) -> None:
        # As diffusers fills it, without looking at each field first: a tenth of a step's time.
        OrderedDict.__setitem__(self, "prev_sample", self.prev_sample)
        OrderedDict.__setitem__(self, "pred_original_sample", self.pred_original_sample)


def _without_variance(model_output: Tensor, sample: Tensor) -> Tensor:
    """The prediction alone, where the second half of the channels is a learned variance."""
    return model_output[:, : sample.shape[1]]


class DDPMScheduler(SchedulerMixin, ConfigMixin):
    """Drop-in for `diffusers.DDPMScheduler`, with the same config keys and meanings.

    One default differs: a bare `DDPMScheduler()` is the notes' schedule, T = 2000 (N1). Save it
    with our pipeline, which names stock's class: what a stock pipeline writes needs this package.
    Unknown names raise when they are used, not at construction, except `beta_schedule`.
    `betas`, `alphas` and `alphas_cumprod` are there to be read: the equations have a table of ln ᾱ.
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
            betas = torch.as_tensor(np.asarray(trained_betas), dtype=torch.float64)
        elif beta_schedule in equations.SCHEDULES:
            make_betas = equations.SCHEDULES[beta_schedule]
            betas = make_betas(num_train_timesteps, beta_start, beta_end)
        else:
            known = ", ".join(equations.SCHEDULES)
            raise NotImplementedError(f"beta_schedule must be one of {known}; got {beta_schedule}.")
        if rescale_betas_zero_snr:
            betas = equations.rescale_zero_terminal_snr(betas)

        # Else another class that reads this config takes its own defaults for what is one of ours.
        self.register_to_config(_use_default_values=[])
        self.schedule = NoiseSchedule.from_betas(betas)
        self._tables = {torch.device("cpu"): self.schedule}
        self.betas = betas
        self.alphas = 1 - betas
        self.alphas_cumprod = self.schedule.log_alpha_bar[1:].exp()
        self.variance_type = variance_type
        self.num_inference_steps: int | None = None
        self._use_plan(list(range(self.schedule.T))[::-1])
        signal_left = float(self.schedule.alpha_bar(self.schedule.T).sqrt())
        if signal_left > MOST_SIGNAL_LEFT:
            by_betas = trained_betas is None and beta_schedule in equations.BY_BETAS
            remedy = "Raise beta_end or num_train_timesteps, or set" if by_betas else "Set"
            warnings.warn(
                f"√ᾱ_T = {signal_left:.2f} at T = {self.schedule.T}: an outline of the picture"
                " survives in x_T (N5), yet sampling starts from pure noise."
                f" {remedy} rescale_betas_zero_snr.",
                stacklevel=3,
            )

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
        self._plan = StepPlan(self.schedule, timesteps, device)

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
            steps = spaced_timesteps(T, K, spacing, offset)
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
        return self._std(self._plan.at(t), predicted_variance, kind) ** 2

    def _std(self, w: StepWeights, predicted_variance: Tensor | None, kind: str) -> Tensor:
        """σ: anything between √β̃ and √β will do (N12).

        `learned_range` goes between them on a log scale (Nichol & Dhariwal 2021, eq. 15), from −1
        for β̃ to 1 for β.
        """
        if kind in ("fixed_small", "fixed_small_log"):
            return w.std_small
        if kind in ("fixed_large", "fixed_large_log"):
            return w.std_large
        if kind not in LEARNED_VARIANCES:
            known = ", ".join(FIXED_VARIANCES + LEARNED_VARIANCES)
            raise ValueError(f"variance_type must be one of {known}; got {kind!r}.")
        if predicted_variance is None:
            raise ValueError(
                f"variance_type {kind!r} needs a model with twice as many output channels as"
                " sample channels: the second half is the variance."
            )
        if kind == "learned":
            return predicted_variance.sqrt()
        log_small, log_large = w.std_small.clamp(min=1e-10).log(), w.std_large.log()
        return equations.interpolate_log_variance(log_small, log_large, predicted_variance).exp()

    def clip_x0(self, x_0: Tensor) -> Tensor:
        """x̂_0 kept in the range of pictures, as the config says."""
        if self.config.thresholding:
            return self._thresholded(x_0)
        if self.config.clip_sample:
            bound: float = self.config.clip_sample_range
            return x_0.clamp(-bound, bound)
        return x_0

    def _thresholded(self, x_0: Tensor) -> Tensor:
        """Dynamic thresholding (Saharia et al. 2022, Imagen, section 2.3), image by image."""
        flat = x_0.float().flatten(1)
        ratio, bound = self.config.dynamic_thresholding_ratio, self.config.sample_max_value
        s = flat.abs().quantile(ratio, dim=1, keepdim=True).clamp(1, bound)
        return (flat.clamp(-s, s) / s).reshape(x_0.shape).to(x_0.dtype)

    def _known_prediction_type(self) -> str:
        kind: str = self.config.prediction_type
        if kind not in PREDICTION_TYPES:
            known = ", ".join(PREDICTION_TYPES)
            raise ValueError(f"prediction_type must be one of {known}; got {kind!r}.")
        return kind

    def _predict_x0(self, model_output: Tensor, sample: Tensor, w: StepWeights) -> Tensor:
        kind = self._known_prediction_type()
        if kind == "epsilon":
            return (sample - w.sqrt_noise_var * model_output) / w.divisor  # (N6), DDPM eq. 15
        if kind == "v_prediction":
            return w.sqrt_alpha_bar * sample - w.sqrt_noise_var * model_output
        return model_output

    def step(
        self,
        model_output: Tensor,
        timestep: int | Tensor,
        sample: Tensor,
        generator: torch.Generator | list[torch.Generator] | None = None,
        return_dict: bool = True,
        noise_scale: float = 1.0,
    ) -> DDPMSchedulerOutput | tuple[Tensor, Tensor]:
        """One step back: x_t → x_s, with x̂_0 on the way.

        model_output, sample: (batch, channels, height, width); with a learned variance
        `model_output` has twice the channels, the variance in the second half.
        timestep: one of those set, an int or a 0-d tensor.
        generator: one for the batch, or a list with one for each image.
        noise_scale: multiplies σ (N12); 0 is the deterministic path (N13).

        Draws noise once, and not at all on the last step. Reads nothing back from a GPU, if
        `timestep` is an int or taken from `timesteps`.
        Raises ValueError for a timestep not set, or an unknown name in the config.
        """
        w = self._plan.at(timestep, torch.promote_types(sample.dtype, torch.float32))
        predicted_variance = None
        if model_output.shape[1] == 2 * sample.shape[1]:
            model_output, predicted_variance = model_output.chunk(2, dim=1)

        x_0 = self.clip_x0(self._predict_x0(model_output, sample, w))
        mean = w.weight_x0 * x_0 + w.weight_xt * sample  # (N9), DDPM eq. 7
        if w.is_last or noise_scale == 0:
            x_s = mean  # (N11) at s = 0, (N13)
        else:
            z = noise_like(sample, generator)
            std = self._std(w, predicted_variance, self.variance_type)
            if noise_scale != 1:
                std = noise_scale * std
            x_s = equations.reverse_step(mean, std, z)  # (N11), (N16)
        if not return_dict:
            return x_s, x_0
        return DDPMSchedulerOutput(prev_sample=x_s, pred_original_sample=x_0)

    # The equations one by one, for any timesteps: no run need be set.

    def _table(self, device: torch.device) -> NoiseSchedule:
        """The table on a device; copied there once, the CPU's own is never moved."""
        if device not in self._tables:
            self._tables[device] = NoiseSchedule(self.schedule.log_alpha_bar.to(device))
        return self._tables[device]

    def _t(self, timesteps: Timesteps, device: torch.device) -> Timesteps:
        """The paper's t, 0..T. Raises ValueError outside, where that can be seen without a wait."""
        T = self.schedule.T
        outside = torch.as_tensor((timesteps < -1) | (timesteps >= T))
        if outside.is_cpu and outside.any():
            raise ValueError(f"timesteps must be in 0..{T - 1}, or -1 for the clean picture.")
        return timesteps + 1 if isinstance(timesteps, int) else timesteps.to(device) + 1

    def _s_and_t(
        self, prev_timesteps: Timesteps, timesteps: Timesteps, device: torch.device
    ) -> tuple[Timesteps, Timesteps]:
        """The paper's s and t, 0 ≤ s < t ≤ T. Raises ValueError for others, as `_t` does."""
        s, t = self._t(prev_timesteps, device), self._t(timesteps, device)
        below = torch.as_tensor(s < t)
        if below.is_cpu and not below.all():
            raise ValueError("prev_timesteps must be below timesteps.")
        return s, t

    def add_noise_step(self, sample: Tensor, noise: Tensor, timesteps: Timesteps) -> Tensor:
        """One step forward, x_{t−1} → x_t, to `timesteps` in 0..T−1 (N2). Like `sample`."""
        table = self._table(sample.device)
        _, t = self._s_and_t(timesteps - 1, timesteps, sample.device)
        return equations.q_step(table, sample, noise, t)

    def add_noise_between(
        self, sample: Tensor, noise: Tensor, prev_timesteps: Timesteps, timesteps: Timesteps
    ) -> Tensor:
        """Many steps forward as one, x_s → x_t, −1 ≤ prev_timesteps < timesteps (N3)."""
        table = self._table(sample.device)
        s, t = self._s_and_t(prev_timesteps, timesteps, sample.device)
        return equations.q_merge(table, sample, noise, s, t)

    def add_noise(self, original_samples: Tensor, noise: Tensor, timesteps: Timesteps) -> Tensor:
        """x_t from x_0 in one jump (N4). Like `original_samples`."""
        device = original_samples.device
        t = self._t(timesteps, device)
        return equations.q_sample(self._table(device), original_samples, noise, t)

    def get_velocity(self, sample: Tensor, noise: Tensor, timesteps: Timesteps) -> Tensor:
        """v, the target of `v_prediction`, from x_0 and the noise. Like `sample`."""
        table, t = self._table(sample.device), self._t(timesteps, sample.device)
        return equations.velocity(table, sample, noise, t)

    def predict_original_sample(
        self, model_output: Tensor, timesteps: Timesteps, sample: Tensor
    ) -> Tensor:
        """x̂_0 from x_t in one jump (N6), by the config's `prediction_type`; not clipped.

        Infinite for predicted noise where ᾱ_t = 0: the noise alone says nothing about x_0 there.
        """
        table, t = self._table(sample.device), self._t(timesteps, sample.device)
        kind, model_output = self._known_prediction_type(), _without_variance(model_output, sample)
        if kind == "epsilon":
            return equations.predict_x0(table, sample, model_output, t)
        if kind == "v_prediction":
            return equations.predict_x0_from_velocity(table, sample, model_output, t)
        return model_output

    def predict_noise(self, model_output: Tensor, timesteps: Timesteps, sample: Tensor) -> Tensor:
        """ẑ, the noise that the network sees in x_t, whatever it predicts. Like `sample`."""
        if self._known_prediction_type() == "epsilon":
            return _without_variance(model_output, sample)
        table, t = self._table(sample.device), self._t(timesteps, sample.device)
        x_0 = self.predict_original_sample(model_output, timesteps, sample)
        return equations.predict_noise(table, sample, x_0, t)

    def posterior(
        self,
        sample: Tensor,
        original_sample: Tensor,
        timesteps: Timesteps,
        prev_timesteps: Timesteps,
    ) -> tuple[Tensor, Tensor]:
        """Mean and variance of q(x_s|x_t,x_0), −1 ≤ prev_timesteps < timesteps (N8), (N9).

        The mean is like `sample`, the variance β̃ is float64, 0-d or (batch,).
        """
        table = self._table(sample.device)
        s, t = self._s_and_t(prev_timesteps, timesteps, sample.device)
        return equations.posterior(table, sample, original_sample, s, t)

    def posterior_mean_from_noise(
        self, sample: Tensor, noise: Tensor, timesteps: Timesteps, prev_timesteps: Timesteps
    ) -> Tensor:
        """The same mean from x_t and the predicted noise (N10). Like `sample`."""
        table = self._table(sample.device)
        s, t = self._s_and_t(prev_timesteps, timesteps, sample.device)
        return equations.posterior_mean_from_noise(table, sample, noise, s, t)

    def posterior_weights(
        self, timesteps: Timesteps, prev_timesteps: Timesteps
    ) -> tuple[Tensor, Tensor]:
        """The weights of x_t and of x_0 in the mean, float64 on the CPU, 0-d or (batch,) (N14)."""
        cpu = torch.device("cpu")
        s, t = self._s_and_t(prev_timesteps, timesteps, cpu)
        return equations.posterior_weights(self.schedule, s, t)
