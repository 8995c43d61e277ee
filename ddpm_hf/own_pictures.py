"""Your own images and masks, as diffusers' pipelines take them → tensors of the model's size."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from diffusers import UNet2DModel
from diffusers.image_processor import VaeImageProcessor
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ddpm_hf.data.images import MODES
from ddpm_hf.data.picture import Picture, likely_white
from ddpm_hf.unet import height_width

Pictures = Image.Image | NDArray[Any] | Tensor | Sequence[Image.Image | NDArray[Any] | Tensor]
"""A Pillow image, a tensor (channels, height, width) or an array (height, width, channels), in
[0, 1]; a batch of them, or a list."""

IMAGES = VaeImageProcessor(vae_scale_factor=1, vae_latent_channels=0)
MASKS = VaeImageProcessor(
    vae_scale_factor=1,
    vae_latent_channels=0,
    do_normalize=False,
    do_binarize=True,
    do_convert_grayscale=True,
)


def own_pictures(unet: UNet2DModel, image: Pictures) -> Tensor:
    """x_0: float32 (images, channels, height, width) in [−1, 1], resized to the model's size.

    Pillow images get the model's channels, on white where they are transparent. Raises ValueError
    for what is no image, other channels, or values outside [0, 1] (or [−1, 1], as diffusers
    takes them, too).
    """
    channels = unet.config.in_channels
    batch = _batch(unet, image, "image", partial(_flat, channels=channels), IMAGES)
    if batch.shape[1] != channels:
        raise ValueError(f"image must have {channels} channels; got {batch.shape[1]}.")
    if not (batch.abs() <= 1).all():
        raise ValueError("image must have its values in [0, 1].")
    return batch


def own_masks(unet: UNet2DModel, mask_image: Pictures) -> Tensor:
    """1 where an image is to be repainted (white), else 0: float32 (masks, 1, height, width).

    Raises ValueError for what is no image, or has more than one channel.
    """
    batch = _batch(unet, mask_image, "mask_image", lambda mask: mask, MASKS)
    if batch.shape[1] != 1:
        raise ValueError(f"mask_image must have one channel; got {batch.shape[1]}.")
    return batch


def _flat(picture: Image.Image, channels: int) -> Image.Image:
    if channels not in MODES:
        raise ValueError(f"This model has {channels} channels: give image as a tensor.")
    found = Picture(picture)
    white = likely_white(picture.mode, found.extent()[1]) if found.deep else None
    return found.flat(channels, white, "white")


def _batch(
    unet: UNet2DModel,
    given: Any,
    name: str,
    converted: Callable[[Image.Image], Image.Image],
    processor: VaeImageProcessor,
) -> Tensor:
    height, width = height_width(unet.config.sample_size)
    batches = []
    for each in given if isinstance(given, list | tuple) else [given]:
        if isinstance(each, Image.Image):
            picture: Any = converted(each)
        elif isinstance(each, Tensor | np.ndarray) and each.ndim in (3, 4) and 0 not in each.shape:
            picture = each.float() if isinstance(each, Tensor) else each.astype(np.float32)
            picture = picture[None] if each.ndim == 3 else picture
        else:
            shape = f" of the shape {tuple(each.shape)}" if hasattr(each, "shape") else ""
            raise ValueError(
                f"{name} must be Pillow images, or tensors (channels, height, width) or arrays"
                f" (height, width, channels); got {type(each).__name__}{shape}."
            )
        batches.append(processor.preprocess(picture, height, width))
    if not batches:
        raise ValueError(f"{name} is an empty list: give at least one.")
    return torch.cat(batches)
