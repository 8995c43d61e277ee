"""Each way to run the UNet against eager, and what happens without OpenVINO."""

import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import diffusers
import numpy as np
import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor2_0
from diffusers.training_utils import EMAModel
from hypothesis import given
from hypothesis import strategies as st

import ddpm_hf
from ddpm_hf import DDPMPipeline
from ddpm_hf.backends import conversion, cuda_graph, denoiser, openvino, upsampling
from ddpm_hf.backends.denoiser import make_denoiser
from ddpm_hf.bundled import PRETRAINED
from tests.conftest import tiny_unet
from tests.preloaded import preloaded

CPU = torch.device("cpu")
TUPLE = {"return_dict": False}
CPU_AND_GPU = pytest.mark.parametrize(
    "device", ["cpu", pytest.param("cuda:0", marks=pytest.mark.gpu)], ids=["cpu", "gpu"]
)


@pytest.fixture
def sample():
    return torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
@CPU_AND_GPU
def test_auto_agrees_with_eager_and_follows_the_weights(sample, device):
    device = torch.device(device)
    unet, t, sample = tiny_unet().to(device), torch.tensor(500), sample.to(device)
    for _ in range(2):
        fast = make_denoiser(unet, "auto", tuple(sample.shape), device)(sample, t)
        exact = make_denoiser(unet, "eager", tuple(sample.shape), device)(sample, t)
        assert not torch.equal(fast, exact), "eager ran in both"
        torch.testing.assert_close(fast, exact, rtol=0.05, atol=0.05)
        unet.conv_out.weight.mul_(-1)  # of the same length


@pytest.mark.slow
@CPU_AND_GPU
@pytest.mark.parametrize("by", ["a fused optimiser", "averages copied back"])
def test_auto_follows_weights_that_change_unseen(sample, device, by):
    """PyTorch's own count of a tensor's changes does not move in either case."""
    device = torch.device(device)
    unet, t, sample = tiny_unet().to(device), torch.tensor(500), sample.to(device)

    @torch.no_grad()
    def said(backend):
        return make_denoiser(unet, backend, tuple(sample.shape), device)(sample, t)

    before = said("auto")
    if by == "a fused optimiser":
        optimizer = torch.optim.AdamW(unet.parameters(), lr=0.1, fused=True)
        unet(sample, t.to(device)).sample.square().mean().backward()
        optimizer.step()
    else:
        EMAModel([weight * 1.5 for weight in unet.parameters()]).copy_to(unet.parameters())
    assert (said("eager") - before).abs().max() > 0.5
    torch.testing.assert_close(said("auto"), said("eager"), rtol=0.05, atol=0.05)


@torch.no_grad()
@CPU_AND_GPU
def test_denoisers_of_one_unet_do_not_share_memory(sample, device):
    device = torch.device(device)
    unet, t, sample = tiny_unet().to(device), torch.tensor(500), sample.to(device)
    first = make_denoiser(unet, "auto", tuple(sample.shape), device)
    second = make_denoiser(unet, "auto", tuple(sample.shape), device)
    kept = first(sample, t)
    before = kept.clone()
    second(-sample, t)
    first(-sample, t)
    assert torch.equal(kept, before)


@torch.no_grad()
@pytest.mark.gpu
def test_a_graph_is_lent_again_with_other_labels(sample):
    device = torch.device("cuda:0")
    unet, t, x = tiny_unet(num_class_embeds=4).to(device), torch.tensor(500), sample.to(device)
    outputs = []
    for label in (0, 3, 0):
        labels = torch.tensor([label, label], device=device)
        outputs.append(make_denoiser(unet, "auto", tuple(x.shape), device, labels)(x, t))
    assert torch.equal(outputs[0], outputs[2]) and not torch.equal(outputs[0], outputs[1])
    idle = cuda_graph._pools.get(unet).idle
    assert idle.counts() == [1]
    for batch in range(1, 9):
        x = torch.zeros(batch, 3, 8, 8, device=device)
        make_denoiser(unet, "auto", tuple(x.shape), device, labels[:1].expand(batch))(x, t)
    assert idle.counts() == [1] * cuda_graph.MAX_SHAPES


def test_what_is_idle_is_lent_once_and_bounded():
    idle, graph = cuda_graph.IdlePool(), object()
    idle.give_back((0,), graph)
    assert idle.take((1,)) is None and idle.take((0,)) is graph and idle.take((0,)) is None

    def borrow(shape):
        for _ in range(2000):
            idle.give_back(shape, idle.take(shape) or object())

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(borrow, [(n % 6,) for n in range(8)]))
    for shape in range(6):
        for _ in range(6):
            idle.give_back((shape,), object())
    assert idle.counts() == [cuda_graph.MAX_IDLE] * cuda_graph.MAX_SHAPES
    assert idle.take((0,)) is None and idle.take((5,)) is not None


def test_only_the_choice_of_kernels_is_set_while_a_graph_is_made(monkeypatch):
    cudnn = torch.backends.cudnn
    monkeypatch.setattr(cudnn, "deterministic", True)
    precision = torch.backends.fp32_precision
    torch.backends.fp32_precision = "ieee"
    try:
        with cuda_graph._cudnn_benchmark():
            assert cudnn.benchmark and cudnn.deterministic
        assert not cudnn.benchmark
    finally:
        torch.backends.fp32_precision = precision


@torch.no_grad()
@pytest.mark.gpu
def test_a_graph_of_inference_mode_is_of_use_outside(sample):
    device = torch.device("cuda:0")
    unet, t, x = tiny_unet().to(device), torch.tensor(500), sample.to(device)
    with torch.inference_mode():
        inside = make_denoiser(unet, "auto", tuple(x.shape), device)(x, t).clone()
    assert torch.equal(make_denoiser(unet, "auto", tuple(x.shape), device)(x, t), inside)


@given(st.integers(1, 300), st.sampled_from([16, 32, 64, 256]), st.integers(1, 64))
def test_blocks_are_equal_and_bounded_where_they_can_be(batch, side, cores):
    streams, size = openvino.split_batch(batch, side * side, cores)
    assert batch % size == 0 and (batch // size) % streams == 0 and streams <= cores
    within = size * side * side <= openvino.BLOCK_PIXELS or size == 1
    assert within or size == batch // streams, "larger blocks only where they can't be divided"


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize("classes", [None, 4])
def test_openvino_in_float32_agrees_with_eager_in_any_blocks(classes, monkeypatch):
    """Six pictures of 8 × 8 in three blocks of 2."""
    monkeypatch.setattr(openvino, "split_batch", lambda batch, pixels, cores: (1, 2))
    generator = torch.Generator().manual_seed(0)
    x, t = torch.randn(6, 3, 8, 8, generator=generator), torch.tensor(500.5)  # as Euler has it
    labels = None if classes is None else torch.arange(6) % classes
    unet = tiny_unet(num_class_embeds=classes)
    fast, exact = (
        make_denoiser(unet, backend, tuple(x.shape), CPU, labels)(x, t)
        for backend in ("openvino", "eager")
    )
    torch.testing.assert_close(fast, exact, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_openvino_in_float32_draws_stocks_pictures(seeded):
    ours, stock = (
        library.DDPMPipeline.from_pretrained(PRETRAINED / "cats-32")
        for library in (ddpm_hf, diffusers)
    )
    fast = ours(4, seeded(), 50, output_type="np", backend="openvino").images
    exact = stock(4, seeded(), num_inference_steps=50, output_type="np").images
    np.testing.assert_allclose(fast, exact, atol=1e-4)


@torch.no_grad()
@pytest.mark.soak  # a minute of compiling
def test_compiled_by_pytorch_agrees_with_eager(pipeline, seeded):
    fast, exact = (
        pipeline(2, seeded(), 5, output_type="np", backend=backend).images
        for backend in ("compile", "eager")
    )
    np.testing.assert_allclose(fast, exact, atol=1e-5)


@pytest.mark.slow
@torch.no_grad()
def test_a_converted_network_is_kept_on_disk(sample, monkeypatch, tmp_path):
    """The next process reads it; a damaged one is made anew, untried; the oldest ones go."""
    monkeypatch.setattr(conversion, "CACHE", tmp_path / "cache")
    t, shape = torch.tensor(500), tuple(sample.shape)

    def run():
        return make_denoiser(tiny_unet(), "openvino", shape, CPU)(sample, t)

    converted = run()
    with monkeypatch.context() as patch:
        patch.setattr(conversion, "_convert", None)
        assert torch.equal(run(), converted)
    (kept,) = conversion.CACHE.glob("*.xml")
    kept.write_text("<net>")
    with monkeypatch.context() as patch:
        patch.setattr(conversion, "_run_apart", None)
        assert torch.equal(run(), converted)
    monkeypatch.setattr(conversion, "MAX_ON_DISK", 1)
    make_denoiser(tiny_unet(num_class_embeds=2), "openvino", shape, CPU, torch.tensor([0, 1]))
    assert len(list(conversion.CACHE.iterdir())) == 3, "one description, its weights, a verdict"
    assert not kept.exists()


@pytest.mark.parametrize("module", [conversion, upsampling])
def test_what_other_code_converted_is_not_taken(module, monkeypatch, tmp_path):
    (other := tmp_path / "other.py").write_text(Path(module.__file__).read_text() + "\n")
    before = conversion._key("a network")
    assert conversion._key("a network") == before != conversion._key("another")
    monkeypatch.setattr(module, "__file__", str(other))
    assert conversion._key("a network") != before


class Halved(diffusers.UNet2DModel):
    """Of the same config and weights, it says half as much."""

    def forward(self, *args, **kwargs):
        return tuple(output / 2 for output in super().forward(*args, **{**kwargs, **TUPLE}))


class HalvedAttention(AttnProcessor2_0):
    def __call__(self, *args, **kwargs):
        return super().__call__(*args, **kwargs) / 2


def halves(module, args, output):
    return (output[0] / 2,)


def half_of(forward):
    return lambda *args, **kwargs: (forward(*args, **kwargs)[0] / 2,)


CHANGES = {
    "a subclass": lambda unet: setattr(unet, "__class__", Halved),
    "a hook": lambda unet: unet.register_forward_hook(halves),
    "another forward": lambda unet: setattr(unet, "forward", half_of(unet.forward)),
    "an attention processor": lambda unet: unet.mid_block.attentions[0].set_processor(
        HalvedAttention()
    ),
    "weights through .data": lambda unet: unet.conv_out.weight.data.neg_(),
    "weights in another order": lambda unet: unet.conv_out.weight.data.copy_(
        unet.conv_out.weight.data.flip(0)
    ),
    "another activation": lambda unet: setattr(unet, "conv_act", torch.nn.ReLU()),
    "another norm": lambda unet: setattr(unet.conv_norm_out, "eps", 10.0),
}


@torch.no_grad()
@CPU_AND_GPU
@pytest.mark.parametrize("change", CHANGES)
def test_auto_is_never_the_network_as_it_was(sample, device, change):
    """Of the same config, and but for two of the same weights: in this process and on disk."""
    device = torch.device(device)
    unet, t, sample = tiny_unet().to(device), torch.tensor(500), sample.to(device)

    def said(backend):
        return make_denoiser(unet, backend, tuple(sample.shape), device)(sample, t)

    before = said("auto")
    CHANGES[change](unet)
    now = said("eager")
    changed = (now - before).abs().max()
    assert changed > 0.1, "it says something else"
    assert (said("auto") - now).abs().max() < changed / 5


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize(
    ("changes", "bounds", "reason"),
    [
        ({"resnet_time_scale_shift": "scale_shift"}, {}, "at it: its process ends with -11"),
        ({}, {"f32": 0.0}, "OpenVINO's output differs by"),
    ],
    ids=["crashes", "differs"],
)
def test_a_network_that_openvino_fails_at_runs_eagerly(
    sample, monkeypatch, tmp_path, caplog, changes, bounds, reason
):
    """It is tried where it can crash, and if it did, not again, not by another process either."""
    monkeypatch.setattr(conversion, "CACHE", tmp_path)
    monkeypatch.setattr(conversion, "BOUNDS", {**conversion.BOUNDS, **bounds})
    t, shape = torch.tensor(500), tuple(sample.shape)
    for process in range(2):
        unet = tiny_unet(**changes)
        for _ in range(2):
            output = make_denoiser(unet, "auto", shape, CPU)(sample, t)
        assert torch.equal(output, make_denoiser(unet, "eager", shape, CPU)(sample, t))
        assert caplog.text.count(reason) == caplog.text.count("in plain PyTorch") == process + 1
        with pytest.raises(ValueError, match="a UNet in float32 that it can run"):
            make_denoiser(unet, "openvino", shape, CPU)
        if changes:
            monkeypatch.setattr(conversion, "_convert", None)


@torch.no_grad()
@CPU_AND_GPU
def test_a_learned_embedding_has_no_fractional_timesteps(sample, device, caplog):
    denoiser._warn.cache_clear()
    device = torch.device(device)
    unet = tiny_unet(time_embedding_type="learned", num_train_timesteps=10).to(device)
    x, t = sample.to(device), torch.tensor(9, device=device)
    auto, eager = (
        make_denoiser(unet, backend, tuple(x.shape), device)(x, t) for backend in ("auto", "eager")
    )
    assert torch.equal(auto, eager) and "takes whole numbers alone" in caplog.text


def test_to_convert_draws_no_noise(sample, monkeypatch, tmp_path):
    """A run by PyTorch's global seed is the same the first time, when the network is converted."""
    monkeypatch.setattr(conversion, "CACHE", tmp_path / "cache")
    unet, before = tiny_unet(), torch.random.get_rng_state()
    make_denoiser(unet, "auto", tuple(sample.shape), CPU)
    assert torch.equal(torch.random.get_rng_state(), before)


@torch.no_grad()
def test_a_network_in_channels_last_is_converted_too(sample):
    t, shape = torch.tensor(500), tuple(sample.shape)
    plain, last = tiny_unet(), tiny_unet().to(memory_format=torch.channels_last)
    outputs = [make_denoiser(unet, "openvino", shape, CPU)(sample, t) for unet in (plain, last)]
    assert torch.equal(*outputs)


@torch.no_grad()
def test_an_unwritable_cache_is_done_without(sample, monkeypatch):
    monkeypatch.setattr(conversion, "CACHE", Path("/proc/cache"))
    make_denoiser(tiny_unet(), "openvino", tuple(sample.shape), CPU)(sample, torch.tensor(5))


@torch.no_grad()
def test_half_precision_networks_run_eagerly(sample):
    unet, t = tiny_unet().to(torch.bfloat16), torch.tensor(500)
    shape = tuple(sample.shape)
    ways = [make_denoiser(unet, backend, shape, CPU)(sample, t) for backend in ("auto", "eager")]
    assert torch.equal(*ways)


def test_unknown_backend_is_refused(sample):
    with pytest.raises(ValueError, match="one of eager, auto"):
        make_denoiser(tiny_unet(), "fast", tuple(sample.shape), CPU)


def test_openvino_that_cannot_run_it_says_so(sample):
    with pytest.raises(ValueError, match="a UNet in float32"):
        make_denoiser(tiny_unet().half(), "openvino", tuple(sample.shape), CPU)


@torch.no_grad()
def test_missing_openvino_falls_back_with_one_warning(sample, monkeypatch, caplog):
    conversion.core.cache_clear()
    monkeypatch.setitem(sys.modules, "openvino", None)
    unet, t = tiny_unet(), torch.tensor(500)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            output = make_denoiser(unet, "auto", tuple(sample.shape), CPU)(sample, t)
    conversion.core.cache_clear()
    assert torch.equal(output, unet(sample, t).sample)
    assert len([r for r in caplog.records if "OpenVINO is not installed" in r.message]) == 1


@pytest.mark.e2e
def test_nothing_leaves_localhost():
    """OpenVINO's import reports usage to its maker, unless stopped; CI is unset on purpose."""
    script = """
import os, socket, sys, threading
os.environ.pop("CI", None)
asked = []
def refuse(*arguments, **_):
    asked.append(arguments[:2])
    raise OSError("there is no network")
socket.getaddrinfo = refuse
socket.socket.connect = refuse
assert "openvino" not in sys.modules
from ddpm_hf import DDPMPipeline, DDPMScheduler
from tests.conftest import tiny_unet
pipe = DDPMPipeline(unet=tiny_unet(), scheduler=DDPMScheduler())
pipe(num_inference_steps=2, backend="auto")
reporting = [t for t in threading.enumerate() if "elemetry" in t.name]
for thread in reporting:
    thread.join()
assert "openvino" in sys.modules
assert sys.modules["openvino_telemetry"] is None
print("quiet", asked, reporting)
"""
    said, status = preloaded().run(["-c", script])
    assert status == 0 and said.strip().endswith("quiet [] []"), said


@torch.no_grad()
def test_auto_gives_the_same_pictures_each_time(pipeline, seeded):
    def run():
        return pipeline(2, seeded(), 10, output_type="np", backend="auto").images

    assert np.array_equal(run(), run())


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["eager", "auto", "openvino"])
def test_a_pipeline_loaded_in_inference_mode_draws(pipeline, seeded, tmp_path, backend):
    pipeline.save_pretrained(tmp_path)
    expected = pipeline(1, seeded(), 3, output_type="np", backend=backend).images
    with torch.inference_mode():
        loaded = DDPMPipeline.from_pretrained(tmp_path)
        drawn = loaded(1, seeded(), 3, output_type="np", backend=backend).images
    np.testing.assert_allclose(drawn, expected, atol=1e-5)
