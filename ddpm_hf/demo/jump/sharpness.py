"""How crisp a picture is."""

from torch import Tensor


def sharpness(batch: Tensor) -> Tensor:
    """The mean absolute Laplacian |4x − up − down − left − right| of each picture.

    batch: (n, channels, height, width) in [−1, 1] → (n,), the mean over channels and inner pixels.
    """
    inner = 4 * batch[..., 1:-1, 1:-1]
    beside = batch[..., 1:-1, :-2] + batch[..., 1:-1, 2:]
    above = batch[..., :-2, 1:-1] + batch[..., 2:, 1:-1]
    return (inner - beside - above).abs().mean((1, 2, 3))
