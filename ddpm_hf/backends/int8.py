"""A converted network with its convolutions in int8, which most CPUs multiply faster.

The input of a convolution is rounded to 256 levels of the range that it has on pure noise, made a
quarter wider, since it can be larger along a chain; the weights to 255 levels of the range of their
output channel. Not rounded are the first and the last convolution, and the 1 × 1 ones: no
norm bounds their input, so they would cause half of the error, and they take little time.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddpm_hf.backends.conversion import core

OUTPUT_CHANNELS = {"Convolution": 0, "ConvolutionBackpropData": 1}
"""OpenVINO's convolutions, plain and transposed, and which axis of the weights is the output's."""
TIMESTEPS = np.linspace(0, 1999, 16, dtype=np.float32)
"""Where ranges are measured; they change little with t, so that these do for any T."""
MARGIN = 1.25
"""How much wider a range is taken to be than it was measured."""


def _convolutions(model: Any) -> list[Any]:
    """Those that are quantised."""
    found = [op for op in model.get_ordered_ops() if op.get_type_name() in OUTPUT_CHANNELS]
    return [op for op in found[1:-1] if op.input_value(1).get_shape()[2:] != [1, 1]]


def _noise(image_shape: tuple[int, ...], num_classes: int | None) -> Iterator[list[Any]]:
    """The network's inputs with an image of noise at each of `TIMESTEPS`, the same at each call."""
    rng = np.random.default_rng(0)
    for i, t in enumerate(TIMESTEPS):
        labels = [] if num_classes is None else [np.array([i % num_classes])]
        yield [rng.standard_normal((1, *image_shape), np.float32), t, *labels]


def ranges(model: Any, inputs: Iterable[list[Any]]) -> NDArray[np.float32]:
    """The least and the most of each convolution's input, over all of these: (convolutions, 2)."""
    import openvino

    taps = [op.input_value(0) for op in _convolutions(model)]
    tapped = openvino.Model(taps, model.get_parameters(), "taps")
    run = core().compile_model(tapped, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    each = [[(x.min(), x.max()) for x in run(one).to_tuple()] for one in inputs]
    return np.stack([np.min(each, 0)[:, 0], np.max(each, 0)[:, 1]], axis=1)


def quantise(model: Any, input_ranges: NDArray[np.float32]) -> None:
    """Round the convolutions' inputs, to levels in these ranges, and their weights, in place."""
    import openvino.opset13 as ops

    for op, (low, high) in zip(_convolutions(model), input_ranges, strict=True):
        low, high = min(low, 0), max(high, 0)
        scale = (high - low) / 255 or 1  # if it is always 0
        least = np.round(low / scale) * scale  # so that 0 stays 0, and the padding with it
        ends = np.float32(least), np.float32(least + 255 * scale)
        taken = ops.fake_quantize(op.input_value(0), *ends, *ends, 256)
        weights = op.input_value(1).get_node().get_data()
        others = tuple({0, 1, 2, 3} - {OUTPUT_CHANNELS[op.get_type_name()]})
        most = np.abs(weights).max(others, keepdims=True)
        rounded = ops.fake_quantize(op.input_value(1), -most, most, -most, most, 255)
        op.input(0).replace_source_output(taken.output(0))
        op.input(1).replace_source_output(rounded.output(0))


def quantised(model: Any, image_shape: tuple[int, ...], num_classes: int | None) -> Any:
    """A quantised copy of a converted network; measuring the ranges takes a second or two.

    image_shape: (channels, height, width). num_classes: None for a network without labels.
    """
    copied, inputs = model.clone(), list(_noise(image_shape, num_classes))
    copied.reshape({i: list(np.shape(each)) for i, each in enumerate(inputs[0])})
    quantise(copied, MARGIN * ranges(copied, inputs))
    return copied
