"""The image of the loss curve."""

import numpy as np
import pytest

from ddpm_hf.training.loss_curve import LINE, draw_curve


def test_a_falling_loss_falls_on_the_picture():
    """In a straight line, for each half is a tenth of what was before."""
    image = np.asarray(draw_curve([0, 50, 100], [1.0, 0.1, 0.01], "loss"))
    line = (image == tuple(bytes.fromhex(LINE[1:]))).all(2)
    heights = [int(line[:, column].argmax()) for column in np.flatnonzero(line.any(0))]
    first, middle, last = heights[0], heights[len(heights) // 2], heights[-1]
    assert first < middle < last and middle == pytest.approx((first + last) / 2, abs=3)
