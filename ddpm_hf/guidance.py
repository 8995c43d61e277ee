"""Classifier-free guidance: further towards the class than the class itself asks."""

import torch
from torch import Tensor

from ddpm_hf.backends.denoiser import Denoiser


def guided(denoise: Denoiser, scale: float, channels: int) -> Denoiser:
    """ε_θ(x_t, ∅) + scale·(ε_θ(x_t, c) − ε_θ(x_t, ∅)); Ho & Salimans 2022, eq. 6, scale = 1 + w.

    denoise: takes a batch twice over, first with its classes c, then without any, ∅.
    channels: of a picture; what the network says beyond, a learned variance, is that of c.
    """

    def both(sample: Tensor, timestep: Tensor) -> Tensor:
        with_class, without = denoise(torch.cat([sample, sample]), timestep).chunk(2)
        towards, away = with_class[:, :channels], without[:, :channels]
        return torch.cat([away + scale * (towards - away), with_class[:, channels:]], dim=1)

    return both
