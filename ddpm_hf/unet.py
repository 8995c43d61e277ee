"""What is to be known of a UNet2DModel."""

from collections.abc import Sequence

import torch
from diffusers import UNet2DModel


def height_width(sample_size: int | Sequence[int]) -> tuple[int, int]:
    """The size of a UNet's pictures by its `sample_size`: one number for squares, or both."""
    height, width = (sample_size,) * 2 if isinstance(sample_size, int) else sample_size
    return height, width


def attention_tokens(unet: UNet2DModel) -> int:
    """The pixels of the largest map that the network attends over."""
    config = unet.config
    height, width = height_width(config.sample_size)
    levels = [i for i, kind in enumerate(config.down_block_types) if "Attn" in kind]
    first = min([*levels, len(config.down_block_types) - 1])  # the last one is the middle's
    return (height >> first) * (width >> first)


def has_dropout(unet: UNet2DModel) -> bool:
    """Whether training mode and eval mode differ in what the network computes."""
    return any(isinstance(m, torch.nn.Dropout) and m.p > 0 for m in unet.modules())
