"""The equations one by one, at diffusers' timesteps.

The one place where diffusers' `timestep` (0..T−1, −1 for the clean image) becomes the paper's
t = timestep + 1 outside of a run.
"""

from typing import Any

import torch
from torch import Tensor

from ddpm_hf import equations
from ddpm_hf.equations import evaluate, rates
from ddpm_hf.prediction import prediction_of, velocity
from ddpm_hf.schedules import NoiseSchedule

Timesteps = int | Tensor
"""diffusers' timesteps, −1..T−1 (−1: the clean image): an int, or a long tensor (batch,)."""


def _without_variance(model_output: Tensor, sample: Tensor) -> Tensor:
    """The prediction alone, where the second half of the channels is a learned variance."""
    return model_output[:, : sample.shape[1]]


class TimestepEquations:
    """The part of `DDPMScheduler` that needs no run to be set: each method is one equation."""

    schedule: NoiseSchedule
    config: Any

    def _t(self, timesteps: Timesteps, device: torch.device) -> Timesteps:
        """The paper's t, 0..T. Raises ValueError outside, where that can be seen without a wait."""
        T = self.schedule.T
        outside = torch.as_tensor((timesteps < -1) | (timesteps >= T))
        if outside.is_cpu and outside.any():
            raise ValueError(f"timesteps must be in 0..{T - 1}, or -1 for the clean image.")
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
        table = self.schedule.on(sample.device)
        _, t = self._s_and_t(timesteps - 1, timesteps, sample.device)
        return equations.q_step(table, sample, noise, t)

    def add_noise_between(
        self, sample: Tensor, noise: Tensor, prev_timesteps: Timesteps, timesteps: Timesteps
    ) -> Tensor:
        """Many steps forward as one, x_s → x_t, −1 ≤ prev_timesteps < timesteps (N3)."""
        table = self.schedule.on(sample.device)
        s, t = self._s_and_t(prev_timesteps, timesteps, sample.device)
        return equations.q_merge(table, sample, noise, s, t)

    def add_noise(self, original_samples: Tensor, noise: Tensor, timesteps: Timesteps) -> Tensor:
        """x_t from x_0 in one jump (N4). Like `original_samples`."""
        device = original_samples.device
        t = self._t(timesteps, device)
        return equations.q_sample(self.schedule.on(device), original_samples, noise, t)

    def get_velocity(self, sample: Tensor, noise: Tensor, timesteps: Timesteps) -> Tensor:
        """v, the target of `v_prediction`, from x_0 and the noise. Like `sample`."""
        table, t = self.schedule.on(sample.device), self._t(timesteps, sample.device)
        return evaluate(velocity, rates(table, t), sample, noise)

    def predict_original_sample(
        self, model_output: Tensor, timesteps: Timesteps, sample: Tensor
    ) -> Tensor:
        """x̂_0 from x_t in one jump (N6), whatever the network predicts; not clipped.

        Infinite for predicted noise where ᾱ_t = 0: the noise alone says nothing about x_0 there.
        """
        table, t = self.schedule.on(sample.device), self._t(timesteps, sample.device)
        formula = prediction_of(self.config.prediction_type).x0
        return evaluate(formula, rates(table, t), sample, _without_variance(model_output, sample))

    def predict_noise(self, model_output: Tensor, timesteps: Timesteps, sample: Tensor) -> Tensor:
        """ẑ, the noise that the network sees in x_t, whatever it predicts. Like `sample`."""
        table, t = self.schedule.on(sample.device), self._t(timesteps, sample.device)
        formula = prediction_of(self.config.prediction_type).noise
        return evaluate(formula, rates(table, t), sample, _without_variance(model_output, sample))

    def clip_x0(self, x_0: Tensor) -> Tensor:
        """x̂_0 kept in the range of images, as the config says."""
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

    def posterior(
        self,
        sample: Tensor,
        original_sample: Tensor,
        timesteps: Timesteps,
        prev_timesteps: Timesteps,
    ) -> tuple[Tensor, Tensor]:
        """Mean and variance of q(x_s|x_t,x_0), −1 ≤ prev_timesteps < timesteps (N8), (N9).

        The mean is like `sample`, the variance β̃ is 0-d or (batch,), float64 on the CPU.
        """
        table = self.schedule.on(sample.device)
        s, t = self._s_and_t(prev_timesteps, timesteps, sample.device)
        return equations.posterior(table, sample, original_sample, s, t)

    def posterior_mean_from_noise(
        self, sample: Tensor, noise: Tensor, timesteps: Timesteps, prev_timesteps: Timesteps
    ) -> Tensor:
        """The same mean from x_t and the predicted noise (N10). Like `sample`.

        NaN or infinite where ᾱ_t = 0.
        """
        table = self.schedule.on(sample.device)
        s, t = self._s_and_t(prev_timesteps, timesteps, sample.device)
        return equations.posterior_mean_from_noise(table, sample, noise, s, t)

    def posterior_weights(
        self, timesteps: Timesteps, prev_timesteps: Timesteps
    ) -> tuple[Tensor, Tensor]:
        """The weights of x_t and of x_0 in the mean, float64 on the CPU, 0-d or (batch,) (N14)."""
        cpu = torch.device("cpu")
        s, t = self._s_and_t(prev_timesteps, timesteps, cpu)
        return equations.posterior_weights(self.schedule, s, t)
