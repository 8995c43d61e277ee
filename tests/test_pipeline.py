"""The pipeline: stock's pictures, the stream, and folders that stock loads."""

import itertools
import subprocess
import sys
import threading

import diffusers
import numpy as np
import pytest
import torch

from ddpm_hf import DDPMPipeline, DDPMScheduler
from tests.conftest import tiny_unet


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
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "(8, 8)", done.stderr


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
        np.testing.assert_allclose(three[i], one[0], atol=1e-6)


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


def test_missing_model_is_an_error(tmp_path):
    with pytest.raises((OSError, ValueError), match="nothing"):
        DDPMPipeline.from_pretrained(tmp_path / "nothing")


def test_a_folder_wins_over_a_bundled_name(pipeline, tmp_path, monkeypatch):
    pipeline.save_pretrained(tmp_path / "cats-32")
    monkeypatch.chdir(tmp_path)
    assert DDPMPipeline.from_pretrained("cats-32").unet.config.sample_size == 8
