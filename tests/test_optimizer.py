"""Muon for the matrices inside a network, AdamW for the rest: beside PyTorch's own of both."""

import copy

import pytest
import torch
from diffusers import UNet2DModel
from torch import nn

from ddpm_hf.training.optimizer import Muon, laid_out_like, orthogonal

SETTINGS = {"lr": 3e-3, "betas": (0.9, 0.999), "weight_decay": 1e-2, "eps": 1e-8}


def gaussian(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def unet():
    torch.manual_seed(0)
    return UNet2DModel(
        8, 3, 3, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"), num_class_embeds=3,
        up_block_types=("AttnUpBlock2D", "UpBlock2D"), attention_head_dim=8,
    )  # fmt: skip


def is_muons(name, weight):
    inside = not name.startswith(("conv_in", "conv_out", "class_embedding"))
    return inside and weight.ndim > 1


def set_gradients(network, step):
    for number, weight in enumerate(network.parameters()):
        gradient = gaussian(*weight.shape, seed=100 * step + number)
        weight.grad = laid_out_like(weight, gradient)


@pytest.mark.parametrize("shape", [(16, 16), (16, 144), (144, 16), (1, 9)])
def test_an_orthogonal_matrix_has_the_same_directions_and_singular_values_near_one(shape):
    matrix = gaussian(*shape)
    got = orthogonal(matrix).float()
    assert got.shape == matrix.shape
    values = torch.linalg.svdvals(got)
    assert float(values.min()) > 0.6 and float(values.max()) < 1.3
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    inner = u.T @ got @ v.T  # U·S'·Vᵀ has S' here
    assert float((inner - inner.diagonal().diag()).abs().max()) < 0.05


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("fused", [True, False])
def test_three_steps_are_pytorchs_muon_and_adamw(layout, fused):
    ours = unet().to(memory_format=layout)
    optimizer = Muon(ours, **SETTINGS, fused=fused)
    twin = copy.deepcopy(ours)
    named = dict(twin.named_parameters())
    flat = {n: nn.Parameter(w.detach().flatten(1)) for n, w in named.items() if is_muons(n, w)}
    assert len(flat) > 20
    muon = torch.optim.Muon(
        flat.values(), lr=3e-3, weight_decay=1e-2, adjust_lr_fn="match_rms_adamw"
    )
    adamw = torch.optim.AdamW([w for n, w in named.items() if n not in flat], **SETTINGS)
    for step in range(3):
        set_gradients(ours, step)
        set_gradients(twin, step)
        for name, weight in flat.items():
            weight.grad = named[name].grad.flatten(1)
        for each in (optimizer, muon, adamw):
            each.step()
            each.zero_grad()
    for name, weight in ours.named_parameters():
        expected = flat[name].view(weight.shape) if name in flat else named[name]
        torch.testing.assert_close(weight, expected, msg=name)


def test_a_state_goes_on_as_it_was():
    one = unet()
    first = Muon(one, **SETTINGS)
    for step in range(4):
        if step == 2:
            two = copy.deepcopy(one)
            second = Muon(two, **SETTINGS)
            second.load_state_dict(copy.deepcopy(first.state_dict()))
        for network, optimizer in ((one, first), *([(two, second)] if step >= 2 else [])):
            set_gradients(network, step)
            optimizer.step()
    assert all(map(torch.equal, one.parameters(), two.parameters()))
