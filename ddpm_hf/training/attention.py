"""PyTorch's attention kernels for training."""

from diffusers import UNet2DModel
from torch.nn.attention import SDPBackend

from ddpm_hf.unet import attention_tokens

DEFAULT_ATTENTION = [
    SDPBackend.FLASH_ATTENTION,
    SDPBackend.EFFICIENT_ATTENTION,
    SDPBackend.CUDNN_ATTENTION,
    SDPBackend.MATH,
]


def attention_kernels(unet: UNet2DModel, device: str, mixed_precision: str) -> list[SDPBackend]:
    """The kernels that PyTorch may choose from, on a device of this type in this precision.

    On a CPU in bf16, the fused kernels take twice as long as plain matrix products for 64 tokens,
    and half as long for 256.
    """
    if device == "cpu" and mixed_precision == "bf16" and attention_tokens(unet) <= 64:
        return [SDPBackend.MATH]
    return DEFAULT_ATTENTION
