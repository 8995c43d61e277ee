"""DDPMScheduler: the notes' equations behind diffusers' scheduler contract.

A thin shell over `equations`. This is the one place where diffusers' `timestep` (0..T−1) becomes
the paper's t = timestep + 1.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.schedulers.scheduling_utils import KarrasDiffusionSchedulers, SchedulerMixin
from diffusers.utils import BaseOutput
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from ddpm_hf import equations
from ddpm_hf.equations import NoiseSchedule, posterior_var, posterior_weights

FIXED_VARIANCES = ("fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log")
LEARNED_VARIANCES = ("learned", "learned_range")


@dataclass
class DDPMSchedulerOutput(BaseOutput):
    """What `step` returns; both tensors have the shape and dtype of the `sample` given.

    prev_sample: x_s, the input of the next step.
    pred_original_sample: x̂_0, clipped or thresholded as the config says.
    """

    prev_sample: Tensor
    pred_original_sample: Tensor


class StepWeights(NamedTuple):
    """The numbers of one step t → s, worked out in float64 when the timesteps were set."""

    sqrt_alpha_bar: float  # √ᾱ_t
    sqrt_noise_var: float  # √(1−ᾱ_t)
    weight_xt: float  # (N9)
    weight_x0: float  # (N9)
    var_small: float  # β̃ (N8)
    var_large: float  # β (N12)
    is_last: bool  # s = 0: no noise (N11)


@dataclass(frozen=True)
class StepPlan:
    """The timesteps of one run with the weights of each step. Never changed, only replaced."""

    timesteps: list[int]
    weights: dict[int, StepWeights]
    previous: dict[int, int]

    @classmethod
    def of(cls, schedule: NoiseSchedule, timesteps: list[int]) -> "StepPlan":
        """For diffusers' timesteps, strictly decreasing in 0..T−1."""
        t = torch.tensor(timesteps) + 1
        s = torch.cat([t[1:], torch.zeros(1, dtype=torch.long)])
        weight_xt, weight_x0 = posterior_weights(schedule, s, t)
        columns = (
            schedule.alpha_bar(t).sqrt(),
            schedule.noise_var(t).sqrt(),
            weight_xt,
            weight_x0,
            posterior_var(schedule, s, t),
            schedule.beta(s, t),
            s == 0,
        )
        rows = [StepWeights(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]
        return cls(
            timesteps=timesteps,
            weights=dict(zip(timesteps, rows, strict=True)),
            previous=dict(zip(timesteps, (s - 1).tolist(), strict=True)),
        )


def spaced_timesteps(T: int, K: int, spacing: str, steps_offset: int = 0) -> list[int]:
    """K of diffusers' timesteps, strictly decreasing in 0..T−1.

    As stock's, with these mended: `leading` spreads the steps evenly where stock's stride T//K
    would leave out whole strides at the noisy end; `trailing` gives exactly K; `linspace` with
    K = 1 starts from pure noise; the offset never leads past T − 1.
    Raises ValueError for K outside 1..T or an unknown spacing.
    """
    if not 1 <= K <= T:
        raise ValueError(f"num_inference_steps must be in 1..{T}, the trained steps; got {K}.")
    i = np.arange(K)
    if spacing == "leading":
        t = i * (T // K) if T % K < T // K else i * T // K
        t = t[::-1] + min(steps_offset, T - 1 - int(t[-1]))
    elif spacing == "trailing":
        t = np.round(T - i * (T / K)).astype(np.int64) - 1
    elif spacing == "linspace":
        t = np.linspace(T - 1, 0, K).round().astype(np.int64)
    else:
        raise ValueError(
            f"timestep_spacing must be leading, linspace or trailing; got {spacing!r}."
        )
    return [int(x) for x in t]


def _checked_timesteps(timesteps: Sequence[int], T: int) -> list[int]:
    """Custom timesteps as a list. Raises ValueError unless strictly decreasing in 0..T−1."""
    steps = [int(t) for t in timesteps]
    falling = all(a > b for a, b in itertools.pairwise(steps))
    if not steps or not falling or steps[0] >= T or steps[-1] < 0:
        raise ValueError(f"timesteps must be strictly decreasing numbers in 0..{T - 1}.")
    return steps


class DDPMScheduler(SchedulerMixin, ConfigMixin):
    """Drop-in for `diffusers.DDPMScheduler`, with the same config keys and meanings.

    One default differs: a bare `DDPMScheduler()` is the notes' schedule, T = 2000 (N1).
    Unknown names raise when they are used, not at construction, except `beta_schedule`.
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

        # Else diffusers drops our T = 2000 as "a default" when another class reads this config.
        defaults = set(self.config.get("_use_default_values", ())) - {"num_train_timesteps"}
        self.register_to_config(_use_default_values=list(defaults))
        self.schedule = NoiseSchedule.from_betas(betas)
        self._schedules = {torch.device("cpu"): self.schedule}
        self.betas = betas
        self.alphas = 1 - betas
        self.alphas_cumprod = self.schedule.alpha_bar(slice(1, None))  # type: ignore[arg-type]
        self.variance_type = variance_type
        self._use_plan(list(range(self.schedule.T))[::-1], None)
        self.num_inference_steps: int | None = None

    @classmethod
    def extract_init_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Any:
        """Read a config as it stands: another class's default T is not ours."""
        stated = {k: v for k, v in config_dict.items() if k != "_use_default_values"}
        return super().extract_init_dict(stated, **kwargs)

    def __len__(self) -> int:
        return int(self.config.num_train_timesteps)

    def _use_plan(self, timesteps: list[int], device: str | torch.device | None) -> None:
        self._plan = StepPlan.of(self.schedule, timesteps)
        self.timesteps = torch.tensor(timesteps, device=device)

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
            steps = _checked_timesteps(timesteps, T)
        else:
            raise ValueError("Pass either num_inference_steps or timesteps, not both.")
        self._use_plan(steps, device)
        self.num_inference_steps = len(steps)

    def scale_model_input(self, sample: Tensor, timestep: int | Tensor | None = None) -> Tensor:
        """The sample as it is: DDPM's UNet takes x_t unscaled."""
        return sample

    def previous_timestep(self, timestep: int | Tensor) -> Tensor:
        """The timestep after this one in the run, −1 after the last; a 0-d tensor."""
        return torch.tensor(self._previous(int(timestep)))

    def _previous(self, timestep: int) -> int:
        if timestep not in self._plan.previous:
            raise ValueError(f"timestep {timestep} is not among those set; see set_timesteps.")
        return self._plan.previous[timestep]

    def _get_variance(
        self,
        t: int | Tensor,
        predicted_variance: Tensor | None = None,
        variance_type: str | None = None,
    ) -> Tensor:
        """σ² of the step from timestep t: 0-d float64, or like `predicted_variance`.

        Anything between β̃ and β will do (N12). `learned_range` goes between them on a log scale
        (Nichol & Dhariwal 2021, eq. 15), from −1 for β̃ to 1 for β.
        Raises ValueError for an unknown `variance_type`.
        """
        self._previous(int(t))
        weights = self._plan.weights[int(t)]
        kind = variance_type or self.variance_type
        small = torch.tensor(weights.var_small, dtype=torch.float64)
        large = torch.tensor(weights.var_large, dtype=torch.float64)
        if kind in ("fixed_small", "fixed_small_log"):
            return small
        if kind in ("fixed_large", "fixed_large_log"):
            return large
        if kind not in LEARNED_VARIANCES:
            known = ", ".join(FIXED_VARIANCES + LEARNED_VARIANCES)
            raise ValueError(f"variance_type must be one of {known}; got {kind!r}.")
        if predicted_variance is None:
            raise ValueError(
                f"variance_type {kind!r} needs a model with twice as many output channels as"
                " sample channels: the second half is the variance."
            )
        if kind == "learned":
            return predicted_variance
        log_small, log_large = small.clamp(min=1e-20).log(), large.log()
        fraction = (predicted_variance + 1) / 2
        return torch.exp(fraction * log_large + (1 - fraction) * log_small)

    def _bounded(self, x_0: Tensor) -> Tensor:
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

    def _predict_x0(self, model_output: Tensor, sample: Tensor, w: StepWeights) -> Tensor:
        kind = self.config.prediction_type
        if kind == "epsilon":
            # ᾱ_T = 0 leaves nothing to divide by; 2⁻²⁴ is what diffusers' other schedulers take.
            divisor = w.sqrt_alpha_bar or 2.0**-12
            return (sample - w.sqrt_noise_var * model_output) / divisor  # (N6), DDPM eq. 15
        if kind == "sample":
            return model_output
        if kind == "v_prediction":
            return w.sqrt_alpha_bar * sample - w.sqrt_noise_var * model_output
        raise ValueError(f"prediction_type must be epsilon, sample or v_prediction; got {kind!r}.")

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

        `model_output` and `sample` are (batch, channels, height, width); with a learned variance
        `model_output` has twice the channels. `timestep` is one of those set. `noise_scale`
        multiplies σ (N12); 0 is the deterministic path (N13). Draws noise once, and not at all on
        the last step.
        """
        t = int(timestep)
        self._previous(t)
        w = self._plan.weights[t]
        predicted_variance = None
        if model_output.shape[1] == 2 * sample.shape[1]:
            model_output, predicted_variance = model_output.chunk(2, dim=1)

        x_0 = self._bounded(self._predict_x0(model_output, sample, w))
        mean = w.weight_x0 * x_0 + w.weight_xt * sample  # (N9), DDPM eq. 7
        if w.is_last or noise_scale == 0:
            x_s = mean
        else:
            z = randn_tensor(
                sample.shape, generator=generator, device=sample.device, dtype=sample.dtype
            )
            std = self._get_variance(t, predicted_variance).sqrt().to(sample.dtype)
            x_s = equations.reverse_step(mean, noise_scale * std, z)  # (N11), (N16)
        if not return_dict:
            return x_s, x_0
        return DDPMSchedulerOutput(prev_sample=x_s, pred_original_sample=x_0)

    def _schedule_on(self, device: torch.device) -> NoiseSchedule:
        """The table on a device; copied there once, the CPU's own is never moved."""
        if device not in self._schedules:
            self._schedules[device] = NoiseSchedule(self.schedule.log_alpha_bar.to(device))
        return self._schedules[device]

    def add_noise(self, original_samples: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """x_t from x_0 in one jump (N4); `timesteps` is a long tensor of shape (batch,)."""
        schedule = self._schedule_on(timesteps.device)
        return equations.q_sample(schedule, original_samples, noise, timesteps + 1)

    def get_velocity(self, sample: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """v, the target of `v_prediction`; `timesteps` is a long tensor of shape (batch,)."""
        schedule = self._schedule_on(timesteps.device)
        return equations.velocity(schedule, sample, noise, timesteps + 1)
