"""Checked inputs of a pipeline call: the labels and the noise of each image."""

from collections.abc import Sequence

import torch
from diffusers import UNet2DModel
from torch import Tensor

from ddpm_hf.noise import Generators, noise_like
from ddpm_hf.unet import height_width

Labels = int | Sequence[int] | Tensor | None


def checked_labels(
    unet: UNet2DModel,
    null_class: int | None,
    labels: Labels,
    batch_size: int,
    device: torch.device,
) -> Tensor | None:
    """One label for each image, (batch,); `null_class` where none are given.

    Raises ValueError if the UNet takes no labels, or others, or needs some.
    """
    if unet.class_embedding is None:
        if labels is not None:
            raise ValueError("This model has no classes: leave class_labels out.")
        return None
    if labels is None:
        labels = null_class
    if labels is None:
        raise ValueError("This model is class-conditional: give class_labels, one for each image.")
    classes = unet.config.num_class_embeds
    try:
        chosen = torch.as_tensor(labels)
    except (TypeError, ValueError) as error:
        raise ValueError(f"class_labels must be numbers; got {labels!r}.") from error
    if chosen.ndim == 0:
        chosen = chosen.expand(batch_size)
    if chosen.shape[:1] != (batch_size,):
        raise ValueError(f"There are {len(chosen)} class_labels for {batch_size} images.")
    if classes is None:  # the UNet takes something else than the number of a class
        return chosen.contiguous().to(device)
    is_whole = not (chosen.is_floating_point() or chosen.dtype == torch.bool)
    if not (is_whole and chosen.ndim == 1 and ((chosen >= 0) & (chosen < classes)).all()):
        raise ValueError(f"class_labels must be whole numbers in 0..{classes - 1}.")
    return chosen.to(device, torch.long).contiguous()


def initial_noise(
    unet: UNet2DModel,
    latents: Tensor | None,
    batch_size: int,
    generator: Generators,
    device: torch.device,
) -> Tensor:
    """x_T, (batch, channels, height, width): `latents` if given, else fresh noise (N5).

    Raises ValueError for latents or a list of generators that do not fit the batch, or a UNet
    without a `sample_size`.
    """
    if isinstance(generator, list) and len(generator) != batch_size:
        raise ValueError(f"There are {len(generator)} generators for {batch_size} images.")
    if unet.config.sample_size is None:
        raise ValueError("The size of the UNet's images is unknown: set its sample_size.")
    shape = (batch_size, unet.config.in_channels, *height_width(unet.config.sample_size))
    # Half precision is for the network; the samples themselves are kept in float32.
    dtype = torch.promote_types(unet.dtype, torch.float32)
    if latents is None:
        latents = noise_like(torch.empty(shape, device=device, dtype=dtype), generator)
    if tuple(latents.shape) != shape:
        raise ValueError(f"latents must have the shape {shape}; got {tuple(latents.shape)}.")
    return latents.to(device, dtype)
