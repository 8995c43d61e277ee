"""What `DDPMPipeline.stream` gives: the steps of a run, one by one."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from torch import Tensor


@dataclass
class DenoisingStep:
    """One step t → s of sampling; all tensors are (batch, channels, height, width).

    index: 0..K−1. timestep: diffusers' timestep of x_t, the paper's t − 1.
    noisy_sample: x_t, what the UNet saw; at index 0 it is pure noise, x_T. Schedulers that keep x_t
    in another scale bring it to the UNet's first.
    model_output: what the UNet said, ẑ where it predicts noise.
    pred_original_sample: x̂_0, one jump back from x_t.
    sample: x_s, after the step; at index K−1 it is the picture. The run goes on from what stands
    here: assign to it to steer.
    """

    index: int
    timestep: int
    noisy_sample: Tensor
    model_output: Tensor
    pred_original_sample: Tensor
    sample: Tensor


class DenoisingStream(Iterator[DenoisingStep]):
    """The steps of one run, each worked out when it is asked for.

    `len()` is how many there are in all. `close()` ends the run; so does letting go of it.
    """

    def __init__(self, steps: Generator[DenoisingStep, None, None], length: int) -> None:
        self._steps, self._length = steps, length

    def __len__(self) -> int:
        return self._length

    def __next__(self) -> DenoisingStep:
        return next(self._steps)

    def close(self) -> None:
        """End the run; no further step is worked out."""
        self._steps.close()
