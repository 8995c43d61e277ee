"""Facts about a UNet2DModel."""

from collections.abc import Sequence

import torch
from diffusers import UNet2DModel


def height_width(sample_size: int | Sequence[int]) -> tuple[int, int]:
    """Height and width of a UNet's samples, from its `sample_size`: one integer if square."""
    height, width = (sample_size,) * 2 if isinstance(sample_size, int) else sample_size
    return height, width


def attention_tokens(unet: UNet2DModel) -> int:
    """The number of pixels of the largest feature map with attention."""
    config = unet.config
    height, width = height_width(config.sample_size)
    levels = [i for i, kind in enumerate(config.down_block_types) if "Attn" in kind]
    first = min([*levels, len(config.down_block_types) - 1])  # the middle block attends at the last
    return (height >> first) * (width >> first)


def has_dropout(unet: UNet2DModel) -> bool:
    """Whether the network computes something else in training mode than in eval mode."""
    return any(isinstance(m, torch.nn.Dropout) and m.p > 0 for m in unet.modules())
