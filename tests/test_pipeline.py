"""The pipeline: stock's pictures, the stream, and folders that stock loads."""

import itertools
import sys
import threading
import types

import diffusers
import numpy as np
import pytest
import torch
from diffusers.callbacks import PipelineCallback
from diffusers.schedulers.scheduling_utils import SchedulerMixin

from ddpm_hf import DDPMPipeline, DDPMScheduler
from tests.conftest import tiny_unet
from tests.preloaded import preloaded


def pixels(pipe, generator, K=10, batch_size=2, **changes):
    output = pipe(
        batch_size=batch_size,
        generator=generator,
        num_inference_steps=K,
        output_type="np",
        **changes,
    )
    return output.images


def test_pictures_equal_stock(pipeline, seeded, tmp_path):
    pipeline.save_pretrained(tmp_path)
    stock = diffusers.DDPMPipeline.from_pretrained(tmp_path)
    assert type(stock.scheduler) is diffusers.DDPMScheduler
    np.testing.assert_allclose(pixels(pipeline, seeded()), pixels(stock, seeded()), atol=1e-5)
    again = DDPMPipeline.from_pretrained(tmp_path)
    assert type(again.scheduler) is DDPMScheduler
    assert np.array_equal(pixels(again, seeded()), pixels(pipeline, seeded()))


@pytest.mark.e2e
def test_saved_folder_loads_where_ddpm_hf_is_not_installed(pipeline, tmp_path):
    pipeline.save_pretrained(tmp_path)
    script = f"""
import sys
sys.modules["ddpm_hf"] = None  # any import of it fails
import diffusers
pipe = diffusers.DDPMPipeline.from_pretrained({str(tmp_path)!r})
assert type(pipe.scheduler).__module__.startswith("diffusers."), type(pipe.scheduler)
print(pipe(num_inference_steps=3).images[0].size)
"""
    said, status = preloaded().run(["-c", script])
    assert status == 0 and said.splitlines()[-1] == "(8, 8)", said


def test_assigned_scheduler_still_saves_as_stock(pipeline, tmp_path):
    pipeline.scheduler = DDPMScheduler(num_train_timesteps=500)
    pipeline.save_pretrained(tmp_path)
    loaded = diffusers.DiffusionPipeline.from_pretrained(tmp_path)
    assert type(loaded.scheduler) is diffusers.DDPMScheduler
    assert len(loaded.scheduler) == 500


def test_other_schedulers_of_diffusers_run(pipeline, seeded, tmp_path):
    for name in ("DDIMScheduler", "DPMSolverMultistepScheduler", "EulerDiscreteScheduler"):
        scheduler = getattr(diffusers, name).from_config(pipeline.scheduler.config)
        pipe = DDPMPipeline(unet=pipeline.unet, scheduler=scheduler)
        pipe.set_progress_bar_config(disable=True)
        assert np.isfinite(pixels(pipe, seeded())).all()
    pipe.save_pretrained(tmp_path)
    loaded = diffusers.DiffusionPipeline.from_pretrained(tmp_path).scheduler
    assert type(loaded) is diffusers.EulerDiscreteScheduler


@pytest.mark.parametrize("name", ["DDIM", "DPMSolverMultistep", "HeunDiscrete", "DDPMParallel"])
def test_a_learned_variance_is_left_out_for_who_takes_none(seeded, name):
    unet = tiny_unet(out_channels=6)
    settings = DDPMScheduler(variance_type="learned_range").config
    scheduler = getattr(diffusers, f"{name}Scheduler").from_config(settings)
    pipe = DDPMPipeline(unet, scheduler)
    assert len(pipe(2, seeded(), num_inference_steps=4).images) == 2


def test_stream_goes_from_noise_to_the_picture(pipeline, seeded):
    steps = list(pipeline.stream(2, seeded(), 10))
    assert [s.index for s in steps] == list(range(10))
    assert [s.timestep for s in steps] == list(range(1800, -1, -200))
    noise = torch.randn(2, 3, 8, 8, generator=seeded())
    assert torch.equal(steps[0].noisy_sample, noise)
    for step, following in itertools.pairwise(steps):
        assert torch.equal(step.sample, following.noisy_sample)
    assert torch.equal(steps[-1].sample, steps[-1].pred_original_sample)
    picture = (steps[-1].sample / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    assert np.array_equal(picture, pixels(pipeline, seeded()))


def test_closing_the_stream_stops_the_work(pipeline):
    calls = []
    handle = pipeline.unet.register_forward_hook(lambda *_: calls.append(1))
    stream = pipeline.stream(num_inference_steps=100)
    for _ in range(3):
        next(stream)
    stream.close()
    handle.remove()
    assert len(calls) == 3


def test_callers_do_not_disturb_each_other(pipeline, seeded):
    counts = [2 + i % 7 for i in range(16)]
    alone = [pixels(pipeline, seeded(i), K) for i, K in enumerate(counts)]
    together = [None] * len(counts)

    def work(i):
        together[i] = pixels(pipeline, seeded(i), counts[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(counts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    assert pipeline.scheduler.num_inference_steps is None


def test_a_generator_each_gives_the_same_picture_in_any_batch(pipeline, seeded):
    three = pixels(pipeline, [seeded(i) for i in range(3)], batch_size=3)
    for i in range(3):
        one = pixels(pipeline, [seeded(i)], batch_size=1)
        # PyTorch adds up a batch of one in another order.
        np.testing.assert_allclose(three[i], one[0], atol=1e-5)


def test_all_steps_unless_told(seeded):
    pipe = DDPMPipeline(unet=tiny_unet(), scheduler=DDPMScheduler(num_train_timesteps=12))
    assert len(list(pipe.stream(generator=seeded()))) == 12


def test_noise_scale_zero_is_one_path(pipeline, seeded):
    latents = torch.randn(1, 3, 8, 8, generator=seeded())
    paths = [
        pixels(pipeline, seeded(i), batch_size=1, latents=latents, noise_scale=0) for i in (1, 2)
    ]
    assert np.array_equal(*paths)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_and_shapes(channels, seeded):
    pipe = DDPMPipeline(unet=tiny_unet(channels, size=(8, 16)), scheduler=DDPMScheduler())
    pipe.set_progress_bar_config(disable=True)
    images = pipe(2, seeded(), 3).images
    assert images[0].size == (16, 8)
    assert pixels(pipe, seeded(), 3).shape == (2, 8, 16, channels)


def test_half_precision_runs_and_unet_is_in_eval_mode(seeded):
    unet = tiny_unet().train()
    pipe = DDPMPipeline(unet=unet, scheduler=DDPMScheduler())
    assert not pipe.unet.training
    pipe.set_progress_bar_config(disable=True)
    exact = pixels(pipe, seeded(), 5)
    unet.to(torch.bfloat16)
    np.testing.assert_allclose(pixels(pipe, seeded(), 5), exact, atol=0.1)


def test_the_path_is_kept_in_single_precision(seeded):
    pipe = DDPMPipeline(tiny_unet().to(torch.bfloat16), DDPMScheduler())
    for step in pipe.stream(1, seeded(), 3):
        assert step.sample.dtype == step.noisy_sample.dtype == torch.float32


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_variants_load(pipeline, seeded, tmp_path, dtype):
    exact = pixels(pipeline, seeded(), 5)
    pipeline.unet.to(dtype)
    pipeline.save_pretrained(tmp_path, variant="fp16")
    assert (tmp_path / "unet" / "diffusion_pytorch_model.fp16.safetensors").exists()
    loaded = DDPMPipeline.from_pretrained(tmp_path, variant="fp16", torch_dtype=dtype)
    loaded.set_progress_bar_config(disable=True)
    assert loaded.unet.dtype == dtype and not loaded.unet.training
    np.testing.assert_allclose(pixels(loaded, seeded(), 5), exact, atol=0.1)


def test_round_trips_keep_the_picture(pipeline, seeded, tmp_path):
    """Ours → stock → ours → stock: the same weights, the same picture to the bit."""
    loaded, pictures = pipeline, {}
    for n, cls in enumerate([diffusers.DDPMPipeline, DDPMPipeline] * 2):
        loaded.save_pretrained(tmp_path / str(n))
        loaded = cls.from_pretrained(tmp_path / str(n))
        loaded.set_progress_bar_config(disable=True)
        pictures.setdefault(cls, []).append(pixels(loaded, seeded()))
        for name, weights in pipeline.unet.state_dict().items():
            assert torch.equal(weights, loaded.unet.state_dict()[name])
    for first, second in pictures.values():
        assert np.array_equal(first, second)


def test_scheduler_of_another_library_stays_itself(pipeline, seeded, tmp_path, monkeypatch):
    module = types.ModuleType("other_library")
    module.SchedulerMixin = SchedulerMixin
    module.Halving = type("Halving", (diffusers.DDIMScheduler,), {"__module__": module.__name__})
    monkeypatch.setitem(sys.modules, "other_library", module)
    pipe = DDPMPipeline(unet=pipeline.unet, scheduler=module.Halving())
    pipe.save_pretrained(tmp_path)
    assert '"other_library"' in (tmp_path / "model_index.json").read_text()
    loaded = DDPMPipeline.from_pretrained(tmp_path)
    loaded.set_progress_bar_config(disable=True)
    assert type(loaded.scheduler) is module.Halving
    assert np.isfinite(pixels(loaded, seeded())).all()
    mine = DDPMPipeline.from_pretrained(tmp_path, scheduler=DDPMScheduler())
    assert type(mine.scheduler) is DDPMScheduler
    monkeypatch.delitem(sys.modules, "other_library")
    with pytest.raises(ValueError, match="has not been imported"):
        DDPMPipeline.from_pretrained(tmp_path)


def test_callback_sees_each_step_and_may_change_it(pipeline, seeded):
    seen = []

    def watch(pipe, index, timestep, tensors):
        assert pipe is pipeline and set(tensors) == {"latents", "pred_original_sample"}
        seen.append((index, timestep))
        return {"latents": torch.zeros_like(tensors["latents"])} if index == 4 else None

    names = ["latents", "pred_original_sample"]
    images = pixels(
        pipeline,
        seeded(),
        5,
        callback_on_step_end=watch,
        callback_on_step_end_tensor_inputs=names,
    )
    assert seen == [(i, 1600 - 400 * i) for i in range(5)]
    assert (images == 0.5).all()
    with pytest.raises(ValueError, match="must be among"):
        pipeline(callback_on_step_end_tensor_inputs=["prompt_embeds"])


def test_official_callback_classes_work(pipeline, seeded):
    class Watch(PipelineCallback):
        tensor_inputs = ("model_output",)

        def callback_fn(self, pipe, index, timestep, tensors):
            shapes.append(tuple(tensors["model_output"].shape))
            return tensors

    shapes = []
    pixels(pipeline, seeded(), 3, callback_on_step_end=Watch())
    assert shapes == [(2, 3, 8, 8)] * 3


def test_interrupt_ends_the_call_with_what_it_has(pipeline, seeded):
    def stop(pipe, index, timestep, tensors):
        pipe._interrupt = index == 2
        last.append(tensors["latents"])

    last, whole = [], pixels(pipeline, seeded(), 10)
    images = pixels(pipeline, seeded(), 10, callback_on_step_end=stop)
    assert len(last) == 3
    expected = (last[-1] / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    assert np.array_equal(images, expected)
    assert np.array_equal(pixels(pipeline, seeded(), 10), whole), "the next call goes to its end"


def test_what_is_assigned_to_a_step_is_where_the_run_goes_on(pipeline, seeded):
    steps = pipeline.stream(1, seeded(), 4)
    assert len(steps) == 4
    first = next(steps)
    first.sample = torch.ones_like(first.sample)
    assert torch.equal(next(steps).noisy_sample, first.sample)


@pytest.mark.parametrize("backend", ["eager", "auto"])
def test_classes_give_different_pictures(backend, seeded):
    pipe = DDPMPipeline(unet=tiny_unet(num_class_embeds=5), scheduler=DDPMScheduler())
    pipe.set_progress_bar_config(disable=True)
    each = [pixels(pipe, seeded(), 5, class_labels=c, backend=backend) for c in (0, 4)]
    assert not np.allclose(*each, atol=0.01)
    generators = [seeded(0), seeded(0)]
    both = pixels(pipe, generators, 5, class_labels=[0, 4], backend=backend)
    assert not np.allclose(both[0], both[1], atol=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"class_labels": 1}, "no classes"),
        ({"latents": torch.zeros(1, 3, 4, 4)}, r"shape \(2, 3, 8, 8\); got \(1, 3, 4, 4\)"),
        ({"generator": [torch.Generator()]}, "1 generators for 2 images"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
    ],
)
def test_what_does_not_fit_is_refused(pipeline, arguments, message):
    with pytest.raises(ValueError, match=message):
        pipeline(**{"batch_size": 2, "num_inference_steps": 3, **arguments})


def test_a_scheduler_that_takes_no_noise_scale_says_so(pipeline):
    ancestral = diffusers.EulerAncestralDiscreteScheduler.from_config(pipeline.scheduler.config)
    with pytest.raises(ValueError, match="EulerAncestralDiscreteScheduler takes no noise_scale"):
        pipeline.with_scheduler(ancestral)(noise_scale=0.0)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "give class_labels"),
        ([1, 2, 3], "3 class_labels for 2"),
        ([0, 5], r"in 0\.\.4"),
        ([0.5, 1], "whole numbers"),
        (True, "whole numbers"),
        (torch.tensor([[0], [1]]), "whole numbers"),
        (["cat", "dog"], "must be numbers"),
    ],
)
def test_class_labels_are_checked(labels, message):
    pipe = DDPMPipeline(unet=tiny_unet(num_class_embeds=5), scheduler=DDPMScheduler())
    with pytest.raises(ValueError, match=message):
        pipe(2, num_inference_steps=3, class_labels=labels)


def test_custom_timesteps_where_the_scheduler_takes_none(pipeline):
    pipe = DDPMPipeline(unet=pipeline.unet, scheduler=diffusers.DDIMScheduler())
    with pytest.raises(ValueError, match="DDIMScheduler takes no custom timesteps"):
        pipe(timesteps=[5, 1])


def test_progress_bar_is_as_configured(pipeline, capsys):
    pipeline(num_inference_steps=3)
    assert capsys.readouterr().err == ""
    pipeline.set_progress_bar_config(disable=False, desc="Denoising")
    pipeline(num_inference_steps=3)
    assert "Denoising: 100%" in capsys.readouterr().err


def test_one_jump_is_told_for_schedulers_that_keep_it_to_themselves(pipeline, seeded):
    """DPM-Solver++ tells no x̂_0; ours, from the same x_t, is the one that DDIM tells."""
    schedulers = (
        diffusers.DDIMScheduler(clip_sample=False, timestep_spacing="trailing"),
        diffusers.DPMSolverMultistepScheduler(),
    )
    pipes = [DDPMPipeline(unet=pipeline.unet, scheduler=scheduler) for scheduler in schedulers]
    one, other = (next(pipe.stream(1, seeded(), 10)) for pipe in pipes)
    assert one.timestep == other.timestep == 999
    torch.testing.assert_close(
        one.pred_original_sample, other.pred_original_sample, rtol=1e-3, atol=1e-2
    )


def test_offloaded_network_works_and_leaves_the_gpu(pipeline, seeded):
    """Where there is no GPU, Accelerate's hooks do the same with the CPU as the device."""
    exact = pixels(pipeline, seeded(), 5)
    pipeline.enable_model_cpu_offload(device="cuda" if torch.cuda.is_available() else "cpu")
    for _ in range(2):
        np.testing.assert_allclose(pixels(pipeline, seeded(), 5), exact, atol=1e-3)
        assert pipeline.unet.device.type == "cpu"


@pytest.mark.gpu
@pytest.mark.parametrize("backend", ["eager", "auto"])
def test_no_step_waits_for_the_gpu(pipeline, backend):
    pipeline.to("cuda")
    generator = torch.Generator("cuda").manual_seed(0)
    steps = pipeline.stream(4, generator, 20, backend=backend)
    next(steps)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in steps:
            pass
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_what_is_seen_of_a_scheduler_with_another_scale_is_what_the_network_saw(pipeline, seeded):
    euler = diffusers.EulerDiscreteScheduler.from_config(pipeline.scheduler.config)
    seen = []
    hook = pipeline.unet.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    steps = list(pipeline.with_scheduler(euler).stream(1, seeded(), 5))
    hook.remove()
    assert all(torch.equal(step.noisy_sample, x) for step, x in zip(steps, seen, strict=True))


@pytest.mark.parametrize("name", ["EulerDiscrete", "EulerAncestralDiscrete", "HeunDiscrete"])
def test_a_scheduler_with_another_scale_draws_what_stocks_loop_draws(pipeline, seeded, name):
    scheduler = getattr(diffusers, f"{name}Scheduler").from_config(pipeline.scheduler.config)
    noise = torch.randn(2, 3, 8, 8, generator=seeded())
    found = pixels(pipeline.with_scheduler(scheduler), seeded(1), 5, latents=noise)
    scheduler.set_timesteps(5)
    x = noise * scheduler.init_noise_sigma
    chance = {"generator": seeded(1)} if "Ancestral" in name else {}
    with torch.no_grad():
        for t in scheduler.timesteps:
            said = pipeline.unet(scheduler.scale_model_input(x, t), t).sample
            x = scheduler.step(said, t, x, **chance).prev_sample
    expected = (x / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


def test_a_schedule_of_another_length_than_the_config_says(seeded):
    pipe = DDPMPipeline(tiny_unet(), DDPMScheduler(trained_betas=[0.1] * 30))
    assert pipe.num_train_timesteps == len(pipe.stream(1, seeded())) == 30


def test_missing_model_is_an_error(tmp_path):
    with pytest.raises((OSError, ValueError), match="nothing"):
        DDPMPipeline.from_pretrained(tmp_path / "nothing")


def test_a_folder_wins_over_a_bundled_name(pipeline, tmp_path, monkeypatch):
    pipeline.save_pretrained(tmp_path / "cats-32")
    monkeypatch.chdir(tmp_path)
    assert DDPMPipeline.from_pretrained("cats-32").unet.config.sample_size == 8


@pytest.mark.parametrize(
    ("scheduler", "K", "sentence"),
    [
        (diffusers.DPMSolverMultistepScheduler(), None, "would take one of its 1000 steps twice"),
        (diffusers.UniPCMultistepScheduler(), 1000, "would take one of its 1000 steps twice"),
        (
            diffusers.DPMSolverMultistepScheduler(timestep_spacing="leading"),
            600,
            "would begin its 600 steps at t = 600 of 1000",
        ),
        (diffusers.PNDMScheduler(), 1, "can't take 1 steps"),
        (diffusers.DDIMScheduler(), 0, "must be in 1..1000"),
        (diffusers.EulerDiscreteScheduler(), 1001, "must be in 1..1000"),
        (diffusers.HeunDiscreteScheduler(), -1, "must be in 1..1000"),
    ],
)
def test_steps_that_a_scheduler_makes_no_picture_of_are_refused(pipeline, scheduler, K, sentence):
    pipe = DDPMPipeline(unet=pipeline.unet, scheduler=scheduler)
    with pytest.raises(ValueError, match=sentence):
        pipe(num_inference_steps=K)


def test_a_learned_variance_with_stocks_scheduler_assigned(seeded):
    pipe = DDPMPipeline(tiny_unet(out_channels=6), DDPMScheduler(1000))
    pipe.scheduler = stock = diffusers.DDPMScheduler(variance_type="learned_range")
    theirs = pipe(1, seeded(), 5, output_type="np").images
    pipe.scheduler = DDPMScheduler.from_config(stock.config)
    np.testing.assert_allclose(pipe(1, seeded(), 5, output_type="np").images, theirs, atol=1e-4)


@pytest.mark.parametrize("backend", ["eager", "openvino"])
@pytest.mark.parametrize(
    "given", [3, *(torch.full((4,), 3, dtype=dtype) for dtype in (torch.uint8, torch.int32))]
)
def test_class_labels_of_any_whole_kind(seeded, given, backend):
    """Four pictures: on two cores, OpenVINO has two of them at a time."""
    pipe = DDPMPipeline(tiny_unet(num_class_embeds=5), DDPMScheduler())
    how = {"num_inference_steps": 3, "output_type": "np", "backend": backend}
    same = pipe(4, seeded(), class_labels=[3] * 4, **how).images
    assert np.array_equal(pipe(4, seeded(), class_labels=given, **how).images, same)


def test_callbacks_are_told_how_many_steps_there_are(pipeline):
    seen = []
    pipeline(
        num_inference_steps=7,
        callback_on_step_end=lambda pipe, *_: seen.append(pipe.num_timesteps),
    )
    assert seen == [7] * 7


def test_a_network_that_does_not_say_its_size_is_told(pipeline):
    unet = tiny_unet()
    unet.register_to_config(sample_size=None)
    with pytest.raises(ValueError, match="set its sample_size"):
        DDPMPipeline(unet, pipeline.scheduler)(num_inference_steps=2)
