"""Editing where the answer is known: for Gaussian data of two pixels, E[ε | x_t] is affine in x_t.

The pipeline's samples are compared with the exact moments of its own algorithm, written out here
with matrices; that these tend to those of the data, given what is known, is a test of its own.
"""

import itertools
import math

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.editing import repaint_walk
from tests.conftest import tiny_unet
from tests.test_closed_form import plain_alpha_bar

T, N = 2000, 4000
ALPHA_BAR = np.array(plain_alpha_bar(T))
MEAN = np.array([0.3, -0.2])
COV = np.array([[0.25, 0.16], [0.16, 0.2]])
ONE = np.eye(2)
PICTURE = np.array([0.8, -0.6])
MASK = np.array([1.0, 0.0])
"""The first pixel is drawn, the second is known."""


def gain(t):
    """√ᾱ·Σ·(ᾱΣ + (1−ᾱ)·1)⁻¹: how E[x_0 | x_t] follows x_t."""
    a = ALPHA_BAR[t]
    return math.sqrt(a) * COV @ np.linalg.inv(a * COV + (1 - a) * ONE)


@pytest.fixture(scope="module")
def pipe():
    """Two pixels beside each other; the network is the exact E[ε | x_t]."""
    unet = tiny_unet(1, size=(1, 2))

    def exact(sample, timestep, *_, **__):
        t = int(timestep) + 1
        a = ALPHA_BAR[t]
        G = torch.tensor(gain(t), dtype=sample.dtype)
        x, mean = sample.reshape(-1, 2), torch.tensor(MEAN, dtype=sample.dtype)
        x_0 = mean + (x - math.sqrt(a) * mean) @ G.T
        return (((x - math.sqrt(a) * x_0) / math.sqrt(1 - a)).reshape(sample.shape),)

    unet.forward = exact
    pipe = DDPMPipeline(unet, DDPMScheduler(clip_sample=False))
    pipe.set_progress_bar_config(disable=True)
    return pipe


def drawn(pipe, **arguments):
    """The pixels of many samples, (N, 2)."""
    arguments = {"batch_size": N, "generator": torch.Generator().manual_seed(0), **arguments}
    *_, last = pipe.stream(**arguments)
    return last.sample.reshape(-1, 2).double().numpy()


def agrees(samples, mean, cov):
    """Each moment lies within 4 standard errors: √(σ²/n), and √((σ_i²σ_j² + σ_ij²)/n)."""
    var = np.diag(cov)
    assert (np.abs(samples.mean(0) - mean) <= 4 * np.sqrt(var / len(samples)) + 1e-5).all()
    error = np.sqrt((np.outer(var, var) + cov**2) / len(samples))
    assert (np.abs(np.cov(samples.T) - cov) <= 4 * error + 1e-5).all()


def affine_step(t, s):
    """A, b and σ² of x_s = A·x_t + b + σ·z, by N6, N9 and N11 in full."""
    a_t, a_s = ALPHA_BAR[t], ALPHA_BAR[s]
    beta, noise = 1 - a_t / a_s, 1 - a_t
    w_t, w_0 = math.sqrt(a_t / a_s) * (1 - a_s) / noise, math.sqrt(a_s) * beta / noise
    A, b = w_t * ONE + w_0 * gain(t), w_0 * (ONE - math.sqrt(a_t) * gain(t)) @ MEAN
    return A, b, (1 - a_s) / noise * beta


def reverse(mean, cov, timesteps, walk, known=None):
    """Mean and covariance of what Algorithm 2 makes of N(mean, cov).

    known: a picture whose second pixel is put into each x_s anew, and noised anew in jumps.
    """
    times = [t + 1 for t in timesteps] + [0]
    for i, following in itertools.zip_longest(walk, walk[1:]):
        A, b, var = affine_step(times[i], times[i + 1])
        mean, cov, a_s = A @ mean + b, A @ cov @ A.T + var * ONE, ALPHA_BAR[times[i + 1]]
        if known is not None:
            keep = np.diag(MASK)
            mean = keep @ mean + (1 - MASK) * math.sqrt(a_s) * known
            cov = keep @ cov @ keep + (1 - a_s) * np.diag(1 - MASK)
            if following is not None and following != i + 1:
                alpha = ALPHA_BAR[times[following]] / a_s
                mean, cov = math.sqrt(alpha) * mean, alpha * cov + (1 - alpha) * ONE
    return mean, cov


def image_of(pixels):
    """A picture of the two pixels, as diffusers takes tensors: in [0, 1]."""
    return torch.tensor(pixels, dtype=torch.float32).reshape(1, 1, 1, 2) / 2 + 0.5


WHITE_FIRST = torch.tensor(MASK, dtype=torch.float32).reshape(1, 1, 1, 2)


def noised(x_0, t):
    """Mean and covariance of q(x_t | x_0)."""
    return math.sqrt(ALPHA_BAR[t]) * x_0, (1 - ALPHA_BAR[t]) * ONE


@pytest.mark.parametrize("strength", [0.3, 0.8])
def test_from_a_picture_the_moments_are_the_exact_ones(pipe, strength):
    timesteps = list(range(1960, -1, -40))[50 - round(50 * strength) :]
    expected = reverse(*noised(PICTURE, timesteps[0] + 1), timesteps, list(range(len(timesteps))))
    samples = drawn(pipe, image=image_of(PICTURE), strength=strength, num_inference_steps=50)
    agrees(samples, *expected)


def test_from_a_picture_the_moments_tend_to_those_of_a_picture_like_it():
    """x_0' ~ p(x_0' | x_t), x_t ~ q(x_t | x_0): a Gaussian that is known."""
    start = 800
    signal, G = math.sqrt(ALPHA_BAR[start]), gain(start)
    mean = MEAN + G @ (signal * (PICTURE - MEAN))
    cov = COV - signal * G @ COV + (1 - ALPHA_BAR[start]) * G @ G.T
    timesteps = list(range(start - 1, -1, -1))
    found = reverse(*noised(PICTURE, start), timesteps, list(range(start)))
    np.testing.assert_allclose(found[0], mean, atol=1e-3)
    np.testing.assert_allclose(found[1], cov, atol=0.01)


@pytest.mark.parametrize("jumps", [(1, 1), (10, 2)])
def test_inpainted_the_moments_are_the_exact_ones(pipe, jumps):
    timesteps = list(range(1960, -1, -40))
    walk = repaint_walk(50, *jumps)
    expected = reverse(*noised(PICTURE, 1961), timesteps, walk, PICTURE)
    samples = drawn(
        pipe,
        image=image_of(PICTURE),
        mask_image=WHITE_FIRST,
        num_inference_steps=50,
        jump_length=jumps[0],
        jump_n_sample=jumps[1],
    )
    agrees(samples, *expected)
    assert np.allclose(samples[:, 1], PICTURE[1], atol=1e-6), "what is known stays"


def test_inpainted_the_moments_tend_to_the_conditional_ones_with_jumps_alone():
    """RePaint's claim: without its jumps, what is drawn does not go with what is known."""
    mean = MEAN[0] + COV[0, 1] / COV[1, 1] * (PICTURE[1] - MEAN[1])
    var = COV[0, 0] - COV[0, 1] ** 2 / COV[1, 1]
    errors = []
    for r in (1, 3, 10):
        walk = repaint_walk(250, 10, r)
        found, cov = reverse(np.zeros(2), ONE, list(range(1992, -1, -8)), walk, PICTURE)
        errors.append(abs(found[0] - mean) / math.sqrt(var))
        assert cov[0, 0] == pytest.approx(var, rel=0.2)
    assert errors[0] > 0.4 > 0.25 > errors[1] > 0.1 > errors[2]


def path(x_t, timesteps):
    """Where N13's path leads from x_t, pixels in [−1, 1]."""
    return reverse(x_t, 0 * ONE, timesteps, list(range(len(timesteps))))[0]


def row(pipe, a, b, **arguments):
    """A row of five, by default without fresh noise on the way; not clipped to pixels: (5, 2)."""
    last = []
    pipe.interpolate(
        a,
        b,
        5,
        torch.Generator().manual_seed(0),
        50,
        callback_on_step_end=lambda _pipe, _i, _t, tensors: last.append(tensors["latents"]),
        **{"noise_scale": 0, **arguments},
    )
    return last[-1].reshape(-1, 2)


def noise_of(seed):
    return torch.randn(1, 1, 1, 2, generator=torch.Generator().manual_seed(seed)).numpy().ravel()


def test_between_two_pictures_the_noise_is_shared_and_x_t_on_a_line(pipe):
    other = np.array([-0.7, 0.1])
    found = row(pipe, image_of(PICTURE), image_of(other), strength=0.3)
    timesteps = list(range(1960, -1, -40))[35:]
    a, z = ALPHA_BAR[timesteps[0] + 1], noise_of(0)
    for weight, pixels in zip((0, 0.25, 0.5, 0.75, 1), found, strict=True):
        x_0 = (1 - weight) * PICTURE + weight * other
        expected = path(math.sqrt(a) * x_0 + math.sqrt(1 - a) * z, timesteps)
        np.testing.assert_allclose(pixels, expected, atol=1e-5)


def test_between_two_seeds_all_noise_is_mixed_and_keeps_its_variance(pipe):
    found, times = row(pipe, 3, 4, noise_scale=1), [*range(1961, 0, -40), 0]
    for weight, pixels in zip((0, 0.25, 0.5, 0.75, 1), found, strict=True):
        generators = [torch.Generator().manual_seed(seed) for seed in (3, 4)]
        draws = [[torch.randn(2, generator=g).numpy() for _ in range(51)] for g in generators]
        a, b = np.array(draws)
        noises = ((1 - weight) * a + weight * b) / math.sqrt((1 - weight) ** 2 + weight**2)
        x, *zs = noises
        for t, s, z in zip(times[:-1], times[1:], zs, strict=True):
            A, b, var = affine_step(t, s)
            x = A @ x + b + math.sqrt(var) * z
        np.testing.assert_allclose(pixels, x, atol=1e-4)


def test_a_row_of_seeds_ends_at_the_pictures_of_each(pipeline, seeded):
    images = pipeline.interpolate(3, 4, 3, num_inference_steps=6, output_type="pt").images
    for seed, image in ((3, images[0]), (4, images[2])):
        alone = pipeline(1, seeded(seed), 6, output_type="pt").images[0]
        torch.testing.assert_close(image, alone, atol=1e-5, rtol=0)


def test_a_row_differs_by_its_weights_alone(pipe, seeded):
    same = image_of(PICTURE)
    images = pipe.interpolate(same, same, 3, seeded(), 10, output_type="pt").images
    assert torch.allclose(images[0], images[1]) and torch.allclose(images[0], images[2])
    again = pipe.interpolate(same, same, 3, seeded(1), 10, output_type="pt").images
    assert not torch.allclose(images, again)


@pytest.mark.parametrize(("K", "j", "r"), [(50, 10, 10), (50, 7, 3), (5, 10, 10), (12, 1, 4)])
def test_jumps_are_those_of_diffusers(K, j, r):
    """There a jump is written out level by level; here the levels between are one."""
    walk, levels = repaint_walk(K, j, r), [K - 1]
    for i, following in itertools.pairwise(walk):
        after = K - 1 - (i + 1)
        levels += [after, *range(after + 1, K - following)] if following <= i else [after]
    stock = diffusers.RePaintScheduler(num_train_timesteps=K)
    stock.set_timesteps(K, j, r)
    assert levels == stock.timesteps.tolist()


def test_a_picture_comes_in_many_forms(pipeline, seeded):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    tensor = torch.from_numpy(pixels).permute(2, 0, 1) / 255
    forms = [Image.fromarray(pixels), pixels / 255, tensor, tensor[None], [tensor]]
    how = {"strength": 0.5, "num_inference_steps": 4, "output_type": "pt"}
    first, *others = (pipeline(image=f, generator=seeded(), **how).images for f in forms)
    for other in others:
        torch.testing.assert_close(other, first)
    masks = [
        Image.fromarray(pixels[..., 0]).convert("RGB"),
        pixels[..., :1] / 255,
        tensor[:1],
        tensor[None, :1] >= 128 / 255,
    ]
    first, *others = (
        pipeline(image=tensor, mask_image=m, generator=seeded(), **how).images for m in masks
    )
    for other in others:
        torch.testing.assert_close(other, first)
    kept = (tensor[:1] < 128 / 255).expand(3, 8, 8)
    torch.testing.assert_close(first[0][kept], tensor[kept])


def test_pictures_and_generators_of_a_batch(pipeline, seeded):
    pictures = torch.rand(3, 3, 8, 8, generator=seeded())
    how = {"strength": 0.5, "num_inference_steps": 4, "output_type": "pt"}
    generators = [seeded(i) for i in range(3)]
    three = pipeline(image=list(pictures), generator=generators, **how).images
    for i in range(3):
        one = pipeline(image=pictures[i], generator=[seeded(i)], **how).images
        torch.testing.assert_close(three[i], one[0], atol=1e-5, rtol=0)
    masks = torch.zeros(2, 1, 8, 8)
    assert len(pipeline(image=pictures[0], mask_image=masks, **how).images) == 2
    assert len(pipeline(2, image=pictures[0], **how).images) == 2


def test_how_many_steps_are_taken(pipeline):
    picture, K = torch.zeros(3, 8, 8), 50
    steps = [
        len(pipeline.stream(image=picture, strength=s, num_inference_steps=K)) for s in (1, 0.3)
    ]
    assert steps == [50, 15]
    assert len(pipeline.stream(image=picture, num_inference_steps=K)) == 17
    mask = torch.ones(1, 8, 8)
    assert len(pipeline.stream(image=picture, mask_image=mask, num_inference_steps=K)) == 410
    last = next(pipeline.stream(image=picture, strength=0.5, timesteps=[9, 7, 5, 3]))
    assert last.timestep == 5


@pytest.mark.parametrize("name", ["DDIM", "DPMSolverMultistep", "EulerDiscrete", "HeunDiscrete"])
def test_other_schedulers_start_from_a_picture_as_stocks_loop(pipeline, seeded, name):
    scheduler = getattr(diffusers, f"{name}Scheduler").from_config(pipeline.scheduler.config)
    picture = torch.rand(1, 3, 8, 8, generator=seeded())
    found = pipeline.with_scheduler(scheduler)(
        image=picture, strength=0.5, num_inference_steps=6, generator=seeded(), output_type="pt"
    ).images
    scheduler.set_timesteps(6)
    timesteps = scheduler.timesteps[3 * scheduler.order :]
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(3 * scheduler.order)
    noise = torch.randn(1, 3, 8, 8, generator=seeded())
    x = scheduler.add_noise(picture * 2 - 1, noise, timesteps[:1])
    with torch.no_grad():
        for t in timesteps:
            said = pipeline.unet(scheduler.scale_model_input(x, t), t).sample
            x = scheduler.step(said, t, x).prev_sample
    torch.testing.assert_close(found, (x / 2 + 0.5).clamp(0, 1), atol=1e-5, rtol=0)


PLAIN, MANY = torch.zeros(3, 8, 8), torch.zeros(3, 3, 8, 8)
HOLE = torch.ones(1, 8, 8)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"image": "cat.png"}, "image must be Pillow images, or tensors .* got str."),
        ({"image": torch.zeros(8, 8)}, r"got Tensor of the shape \(8, 8\)"),
        ({"image": []}, "image is an empty list"),
        ({"image": torch.zeros(1, 8, 8)}, "image must have 3 channels; got 1"),
        ({"image": PLAIN + 255}, r"image must have its values in \[0, 1\]"),
        ({"image": PLAIN * math.nan}, r"image must have its values in \[0, 1\]"),
        ({"image": MANY, "batch_size": 2}, "3 images in image for a batch of 2"),
        ({"image": PLAIN, "mask_image": MANY[:, :1], "batch_size": 2}, "3 masks in mask_image"),
        ({"image": PLAIN, "mask_image": PLAIN}, "mask_image must have one channel; got 3"),
        ({"mask_image": HOLE}, "mask_image needs image"),
        ({"strength": 0.5}, "needs image"),
        ({"image": PLAIN, "latents": PLAIN[None]}, "image or latents to start from, not both"),
        ({"image": PLAIN, "strength": 0}, "strength must be above 0 and at most 1; got 0"),
        ({"image": PLAIN, "strength": 1.5}, "strength must be above 0"),
        ({"image": PLAIN, "strength": 0.1}, "strength 0.1 leaves none of 3 steps"),
        ({"image": PLAIN, "mask_image": HOLE, "jump_length": 0}, "must be at least 1; got 0 and"),
        ({"image": PLAIN, "generator": [torch.Generator()] * 2}, "2 generators for 1 images"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(pipeline, arguments, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        pipeline(**{"num_inference_steps": 3, **arguments})
    assert str(error.value).count(". ") == 0


@pytest.mark.parametrize(
    ("a", "b", "changes", "sentence"),
    [
        (PLAIN, 3, {}, "two images or two seeds"),
        (MANY, PLAIN, {}, "There are 4 images: give two"),
        (PLAIN, PLAIN, {"num_images": 1}, "num_images must be at least 2; got 1"),
        (PLAIN, PLAIN, {"strength": 2}, "strength must be above 0"),
    ],
)
def test_rows_that_cannot_be_are_refused(pipeline, a, b, changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        pipeline.interpolate(a, b, num_inference_steps=3, **changes)


def test_inpainting_by_another_scheduler_is_refused(pipeline):
    pipe = pipeline.with_scheduler(diffusers.DDIMScheduler())
    with pytest.raises(ValueError, match="needs our DDPMScheduler; this pipeline has DDIMSched"):
        pipe(image=PLAIN, mask_image=HOLE, num_inference_steps=3)
