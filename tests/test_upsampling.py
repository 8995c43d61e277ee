"""The transposed convolution against diffusers' own upsampler."""

import pytest
import torch
from diffusers.models.upsampling import Upsample2D
from hypothesis import given
from hypothesis import strategies as st

from ddpm_hf.backends import conversion
from ddpm_hf.backends.upsampling import transposed, with_transposed_upsamplers
from tests.conftest import tiny_unet


@torch.no_grad()
@given(st.integers(1, 5), st.integers(1, 7), st.integers(1, 7), st.integers(1, 5))
def test_it_is_diffusers_upsampler_at_any_size_and_to_the_border(channels, height, width, out):
    torch.manual_seed(0)
    upsampler = Upsample2D(channels, use_conv=True, out_channels=out)
    x = torch.randn(2, channels, height, width)
    torch.testing.assert_close(transposed(upsampler.conv)(x), upsampler(x), rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("kind", ["conv", "resnet"])
def test_a_unet_stays_as_it_was_and_its_copy_gives_the_same(kind):
    unet = tiny_unet(upsample_type=kind)
    x, t = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)), torch.tensor(500)
    before = unet(x, t).sample
    copied = with_transposed_upsamplers(unet)
    torch.testing.assert_close(copied(x, t).sample, before, rtol=0, atol=1e-5)
    assert torch.equal(unet(x, t).sample, before)
    assert copied.conv_in.weight is unet.conv_in.weight, "what is not changed is not copied"


def test_openvino_gets_no_doubled_pixels():
    conversion.core()  # the way in that keeps its import quiet
    kinds = {node.get_type_name() for node in conversion._convert(tiny_unet()).get_ordered_ops()}
    assert "ConvolutionBackpropData" in kinds and "Interpolate" not in kinds
