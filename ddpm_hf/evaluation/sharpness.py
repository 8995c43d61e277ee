"""Sharpness of an image, and its error against another."""

from torch import Tensor


def sharpness(batch: Tensor) -> Tensor:
    """The mean absolute Laplacian, 4x − up − down − left − right, over the inner pixels: (n,)."""
    inner = 4 * batch[..., 1:-1, 1:-1]
    around = (
        batch[..., :-2, 1:-1] + batch[..., 2:, 1:-1] + batch[..., 1:-1, :-2] + batch[..., 1:-1, 2:]
    )
    return (inner - around).abs().flatten(1).mean(1)


def rmse(batch: Tensor, x_0: Tensor) -> Tensor:
    """Root mean square error of images in [−1, 1], in grey levels of 0..255: (n,)."""
    return (batch - x_0).flatten(1).square().mean(1).sqrt() * 127.5
