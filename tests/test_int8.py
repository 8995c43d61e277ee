"""Convolutions in int8: the rounding in closed form, which are rounded, and what they draw."""

import typing

import numpy as np
import openvino
import openvino.opset13 as ops
import pytest
import torch
from torch.nn import functional

from ddpm_hf import DDPMPipeline
from ddpm_hf.backends import conversion, denoiser, int8
from ddpm_hf.backends.denoiser import make_denoiser
from ddpm_hf.backends.openvino import convert
from ddpm_hf.bundled import PRETRAINED
from ddpm_hf.sampling.config import SampleConfig
from tests.conftest import tiny_unet

CPU = torch.device("cpu")
IDENTITY = np.eye(2, dtype=np.float32)[:, :, None, None]
KINDS = {
    "plain": (ops.convolution, functional.conv2d, 0),
    "transposed": (ops.convolution_backprop_data, functional.conv_transpose2d, 1),
}


def chain_of_three(kind, weights):
    """The first and the last convolution are the identity."""
    x = ops.parameter([1, 2, 4, 4], np.float32)

    def layer(make, taken, weights):
        settings = {"strides": [1, 1], "dilations": [1, 1]}
        pads = {"pads_begin": [0, 0], "pads_end": [0, 0]}
        return make(taken, ops.constant(weights), **settings, **pads)

    inner = layer(KINDS[kind][0], layer(ops.convolution, x, IDENTITY), weights)
    return openvino.Model([layer(ops.convolution, inner, IDENTITY)], [x], "chain")


def run(model, x):
    precise = {"INFERENCE_PRECISION_HINT": "f32"}
    return torch.from_numpy(conversion.core().compile_model(model, "CPU", precise)(x)[0])


@pytest.mark.parametrize(
    ("kind", "ends", "scale", "levels"),
    [
        ("plain", (-1, 3), 4 / 255, (-64, 191)),
        ("transposed", (-1, 3), 4 / 255, (-64, 191)),
        ("plain", (1, 3), 3 / 255, (0, 255)),
        ("plain", (0, 0), 1, (0, 255)),
    ],
)
def test_inputs_and_weights_are_rounded_within_their_ranges(kind, ends, scale, levels):
    """To 255 steps, of which 0 is one; a channel's weights to 127 on either side. Beyond a range
    its end is taken."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(2, 2, 3, 3)).astype(np.float32)
    x = rng.uniform(-1, 3, (1, 2, 4, 4)).astype(np.float32)
    x[0, 0, 0] = [-1, 3, -9, 9]
    model = chain_of_three(kind, weights)
    exact = run(model, x)
    int8.quantise(model, np.array([ends], np.float32))
    rounded = torch.from_numpy(np.clip(np.round(x / scale), *levels) * scale)
    _, reference, channel = KINDS[kind]
    others = tuple({0, 1, 2, 3} - {channel})
    size = np.abs(weights).max(others, keepdims=True) / 127
    expected = reference(rounded, torch.from_numpy(np.round(weights / size) * size))
    found = run(model, x)
    torch.testing.assert_close(found.double(), expected.double(), rtol=0, atol=1e-5)
    assert (found - exact).abs().max() > 0.01


def test_a_range_is_that_of_all_inputs():
    model = chain_of_three("plain", np.ones((2, 2, 3, 3), np.float32))
    inputs = [np.full((1, 2, 4, 4), value, np.float32) for value in (0.5, -2, 3)]
    assert int8.ranges(model, [[x] for x in inputs]).tolist() == [[-2, 3]]


def test_ranges_are_a_quarter_wider_than_on_noise():
    made, inputs = convert(tiny_unet()), list(int8._noise((3, 8, 8), None))
    model = made.model.clone()
    model.reshape({0: [1, 3, 8, 8], 1: []})
    nodes = [op.input_value(0).get_node() for op in int8._convolutions(made.quantised)]
    ends = [[node.input_value(i).get_node().get_data() for i in (1, 2)] for node in nodes]
    expected = 1.25 * np.diff(int8.ranges(model, inputs))
    np.testing.assert_allclose(np.diff(ends), expected, rtol=1e-5)


def test_the_first_the_last_and_small_convolutions_are_exact():
    """What is rounded in a UNet: all 3 × 3 ones between, and the transposed upsampler."""
    model = convert(tiny_unet()).quantised
    by_size = {}
    for op in model.get_ordered_ops():
        if op.get_type_name() in int8.OUTPUT_CHANNELS:
            taken = [op.input_value(i).get_node().get_type_name() for i in (0, 1)]
            rounded = taken == ["FakeQuantize"] * 2
            assert rounded or "FakeQuantize" not in taken
            by_size.setdefault(tuple(op.input_value(1).get_shape()[2:]), []).append(rounded)
    assert by_size[3, 3][0] is False is by_size[3, 3][-1] and all(by_size[3, 3][1:-1])
    assert not any(by_size[1, 1]) and by_size[4, 4] == [True]


@torch.no_grad()
@pytest.mark.parametrize("classes", [None, 3])
def test_it_is_near_and_the_same_each_time(classes):
    x = torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    labels = None if classes is None else torch.arange(3)

    def said(backend):
        unet = tiny_unet(num_class_embeds=classes)
        return make_denoiser(unet, backend, tuple(x.shape), CPU, labels)(x, torch.tensor(500))

    exact, found = said("openvino"), said("int8")
    assert 1e-3 < (found - exact).square().mean().sqrt() / exact.std() < 0.05
    assert torch.equal(said("int8"), found)


@pytest.mark.slow
def test_cats_in_int8_are_cats_in_float32(seeded):
    pipeline = DDPMPipeline.from_pretrained(PRETRAINED / "cats-32-v")
    exact, found = (
        np.stack(pipeline(4, seeded(), 20, backend=backend).images).astype(int)
        for backend in ("openvino", "int8")
    )
    assert 0 < np.sqrt(np.mean((found - exact) ** 2)) < 4


def test_a_network_that_cannot_be_converted_is_refused():
    with pytest.raises(ValueError, match=r"The backend int8 needs .* a UNet in float32"):
        make_denoiser(tiny_unet().half(), "int8", (1, 3, 8, 8), CPU)


def test_the_command_line_offers_all_backends():
    offered = typing.get_args(typing.get_type_hints(SampleConfig)["backend"])
    assert set(offered) == set(denoiser.BACKENDS)
