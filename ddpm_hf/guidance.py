"""Classifier-free guidance: extrapolating towards the class."""

import torch
from diffusers import UNet2DModel
from torch import Tensor

from ddpm_hf.backends.denoiser import Denoiser, make_denoiser


def guided(denoise: Denoiser, scale: float, channels: int) -> Denoiser:
    """ε_θ(x_t, ∅) + scale·(ε_θ(x_t, c) − ε_θ(x_t, ∅)); Ho & Salimans 2022, eq. 6, scale = 1 + w.

    denoise: takes a batch twice over, first with its classes c, then without any, ∅.
    channels: of an image; what the network outputs beyond, a learned variance, is that of c.
    """

    def both(sample: Tensor, timestep: Tensor) -> Tensor:
        with_class, without = denoise(torch.cat([sample, sample]), timestep).chunk(2)
        towards, away = with_class[:, :channels], without[:, :channels]
        return torch.cat([away + scale * (towards - away), with_class[:, channels:]], dim=1)

    return both


def guided_denoiser(
    unet: UNet2DModel,
    backend: str,
    x: Tensor,
    labels: Tensor | None,
    null_class: int | None,
    scale: float,
) -> Denoiser:
    """How the network runs on samples like x, guided unless the scale is 1.

    Raises ValueError for guidance of a model without a null class, and what `make_denoiser` raises.
    """
    batch, channels, *size = x.shape
    if scale == 1:
        return make_denoiser(unet, backend, tuple(x.shape), x.device, labels)
    if labels is None or null_class is None:
        raise ValueError(
            "This model was not trained for guidance: leave guidance_scale at 1, or train it with"
            " --class_column and --class_dropout 0.1."
        )
    both = torch.cat([labels, torch.full_like(labels, null_class)])
    denoise = make_denoiser(unet, backend, (2 * batch, channels, *size), x.device, both)
    return guided(denoise, scale, channels)
