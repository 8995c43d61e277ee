"""The variance of a reverse step: β̃, β, or learned between the two."""

from torch import Tensor

from ddpm_hf import equations
from ddpm_hf.timesteps import StepWeights

FIXED_VARIANCES = ("fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log")
LEARNED_VARIANCES = ("learned", "learned_range")


def step_std(w: StepWeights, predicted_variance: Tensor | None, kind: str) -> Tensor:
    """σ of a step, 0-d or like `predicted_variance`: anything from √β̃ to √β will do (N12).

    `learned_range` lies between them on a log scale: at −1 for β̃, at 1 for β (Nichol & Dhariwal
    2021, eq. 15). Raises ValueError for an unknown kind, or a learned one without a prediction.
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
            f"variance_type {kind!r} needs a model with twice as many output channels as sample"
            " channels: the second half is the variance."
        )
    if kind == "learned":
        return predicted_variance.sqrt()
    log_small, log_large = w.std_small.clamp(min=1e-10).log(), w.std_large.log()
    return equations.interpolate_log_variance(log_small, log_large, predicted_variance).exp()
