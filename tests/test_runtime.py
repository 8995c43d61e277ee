"""OpenVINO against eager, and what happens without it."""

import logging
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from ddpm_hf import runtime
from tests.conftest import tiny_unet

CPU = torch.device("cpu")


@pytest.fixture
def sample():
    return torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def test_openvino_agrees_with_eager_and_follows_the_weights(sample):
    unet, t = tiny_unet(), torch.tensor(500)
    for _ in range(2):
        fast = runtime.denoiser(unet, "auto", tuple(sample.shape), CPU)(sample, t)
        exact = runtime.denoiser(unet, "eager", tuple(sample.shape), CPU)(sample, t)
        assert not torch.equal(fast, exact), "eager ran in both"
        torch.testing.assert_close(fast, exact, rtol=0.05, atol=0.05)
        unet.conv_out.weight.mul_(-2)


@torch.no_grad()
def test_denoisers_of_one_unet_do_not_share_memory(sample):
    unet, t = tiny_unet(), torch.tensor(500)
    first = runtime.denoiser(unet, "auto", tuple(sample.shape), CPU)
    second = runtime.denoiser(unet, "auto", tuple(sample.shape), CPU)
    kept = first(sample, t)
    before = kept.clone()
    second(-sample, t)
    first(-sample, t)
    assert torch.equal(kept, before)


@torch.no_grad()
def test_half_precision_networks_run_eagerly(sample):
    unet, t = tiny_unet().to(torch.bfloat16), torch.tensor(500)
    shape = tuple(sample.shape)
    ways = [runtime.denoiser(unet, backend, shape, CPU)(sample, t) for backend in ("auto", "eager")]
    assert torch.equal(*ways)


def test_unknown_backend_is_refused(sample):
    with pytest.raises(ValueError, match="eager or auto"):
        runtime.denoiser(tiny_unet(), "fast", tuple(sample.shape), CPU)


@torch.no_grad()
def test_missing_openvino_falls_back_with_one_warning(sample, monkeypatch, caplog):
    runtime._openvino.cache_clear()
    monkeypatch.setitem(sys.modules, "openvino", None)
    unet, t = tiny_unet(), torch.tensor(500)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            output = runtime.denoiser(unet, "auto", tuple(sample.shape), CPU)(sample, t)
    runtime._openvino.cache_clear()
    assert torch.equal(output, unet(sample, t).sample)
    assert len([r for r in caplog.records if "OpenVINO is not installed" in r.message]) == 1


@pytest.mark.e2e
def test_nothing_leaves_localhost():
    """OpenVINO's import reports usage to its maker, unless stopped; CI is unset on purpose."""
    script = """
import socket
def refuse(*arguments, **_):
    raise SystemExit(f"the network was asked for: {arguments[:2]}")
socket.getaddrinfo = refuse
socket.socket.connect = refuse
import torch, threading, time
from ddpm_hf import DDPMPipeline, DDPMScheduler
from tests.conftest import tiny_unet
pipe = DDPMPipeline(unet=tiny_unet(), scheduler=DDPMScheduler())
pipe(num_inference_steps=2, backend="auto")
time.sleep(1)
import sys
assert "openvino" in sys.modules
assert sys.modules["openvino_telemetry"] is None
print("quiet", [t.name for t in threading.enumerate() if "elemetry" in t.name])
"""
    environment = {k: v for k, v in os.environ.items() if k != "CI"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment
    )
    assert done.stdout.strip().endswith("quiet []"), done.stdout + done.stderr


@torch.no_grad()
def test_auto_gives_the_same_pictures_each_time(pipeline, seeded):
    def run():
        return pipeline(2, seeded(), 10, output_type="np", backend="auto").images

    assert np.array_equal(run(), run())
