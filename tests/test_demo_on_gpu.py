"""The demo's views where the network runs on a GPU: what they show is brought to the CPU."""

from dataclasses import fields, replace

import pytest
import torch
from torch.utils._pytree import tree_leaves

from ddpm_hf.demo.service.models import MODEL, Models
from ddpm_hf.demo.views.generate.player.player import chunks
from ddpm_hf.demo.views.jump import view as jump
from ddpm_hf.demo.views.noise import view as noise
from ddpm_hf.stream import DenoisingStream


class OnGPU(torch.Tensor):
    """Stands in for a GPU's: goes with its like and with numbers, and is not NumPy's."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        tensors = [a for a in tree_leaves((args, kwargs)) if isinstance(a, torch.Tensor)]
        if any(not isinstance(tensor, OnGPU) and tensor.ndim for tensor in tensors):
            raise RuntimeError("Expected all tensors to be on the same device.")
        if func is torch.Tensor.numpy:
            raise TypeError("Can't convert a GPU's tensor to numpy.")
        result = super().__torch_function__(func, types, args, kwargs)
        return result.as_subclass(torch.Tensor) if func is torch.Tensor.cpu else result


@pytest.fixture
def on_gpu(monkeypatch):
    """Each step of a run is a GPU's."""
    honest = DenoisingStream.__next__

    def moved(stream):
        step = honest(stream)
        values = {field.name: getattr(step, field.name) for field in fields(step)}
        tensors = {n: v.as_subclass(OnGPU) for n, v in values.items() if torch.is_tensor(v)}
        return replace(step, **tensors)

    monkeypatch.setattr(DenoisingStream, "__next__", moved)


def shown(pipeline, view):
    if view == "jump":
        return list(jump.chunks(pipeline, torch.zeros(1, 3, 8, 8), 20, 2, 0))
    if view == "noise":
        return list(noise.chunks(pipeline, 0, 10))
    return list(chunks(pipeline.stream(2, num_inference_steps=10), 10, pipeline.scheduler))


@pytest.mark.parametrize("view", ["generate", "jump", "noise"])
def test_a_view_shows_what_a_gpu_has_drawn(view, pipeline, on_gpu):
    pipeline.unet.double()  # that no time is spent on converting it
    last = shown(pipeline, view)[-1]
    assert last["t"][-1] == 0 and last["data"]


def test_a_model_that_a_visitor_names_goes_where_the_page_s_own_is(pipeline, tmp_path, monkeypatch):
    pipeline.save_pretrained(tmp_path)
    monkeypatch.setattr("ddpm_hf.demo.service.models.ALLOWED", True)
    models = Models(pipeline.to("meta"))
    assert models.get(MODEL).device.type == models.get(str(tmp_path)).device.type == "meta"
    assert models.get(str(tmp_path)) is models.get(str(tmp_path))
