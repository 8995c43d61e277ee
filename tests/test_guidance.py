"""Classifier-free guidance, where the answer is known, and what it asks of a model."""

import pytest
import torch

from ddpm_hf import DDPMPipeline, DDPMScheduler
from tests.conftest import tiny_unet

MEANS = torch.tensor([-0.2, 0.15, 0.05])
"""Of the pixels of class 0, of class 1, and of all."""
STD = 0.1


def new(**changes):
    """Two named classes, and a third that stands for none."""
    pipe = DDPMPipeline(
        tiny_unet(1, num_class_embeds=3, **changes), DDPMScheduler(), {0: "low", 1: "high"}
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture
def pipe():
    return new()


def draw(pipe, seed=0, batch_size=2, K=8, **arguments):
    generator = torch.Generator().manual_seed(seed)
    images = pipe(batch_size, generator, K, output_type="pt", **arguments).images
    return images * 2 - 1


def test_classes_are_known_by_name(pipe, tmp_path):
    pipe.save_pretrained(tmp_path)
    again = DDPMPipeline.from_pretrained(tmp_path)
    for known in (pipe, again, again.with_scheduler(DDPMScheduler())):
        assert known.class_names == ["low", "high"] and known.null_class == 2
    unnamed = DDPMPipeline(tiny_unet(num_class_embeds=3), DDPMScheduler())
    assert unnamed.class_names == ["0", "1", "2"] and unnamed.null_class is None
    plain = DDPMPipeline(tiny_unet(), DDPMScheduler())
    assert plain.class_names == [] and plain.null_class is None


@pytest.mark.parametrize(
    ("known", "names"),
    [
        (5, {0: "a", 1: "b"}),
        (2, {0: "a", 1: "b", 2: "c"}),
        (2, {1: "a", 2: "b"}),
        (None, {0: "a"}),
        (1, {}),
    ],
)
def test_names_are_of_the_classes(known, names):
    with pytest.raises(ValueError, match="id2label must name the classes"):
        DDPMPipeline(tiny_unet(num_class_embeds=known), DDPMScheduler(), names)


@pytest.mark.parametrize("scale", [1, 2.5])
@pytest.mark.parametrize("label", [0, 1])
def test_pictures_of_known_classes_move_as_far_as_the_scale_says(pipe, label, scale):
    """Pixels N(m_c, s²), the ideal network: the whole picture moves by scale·(m_c − m_∅)."""
    schedule = pipe.scheduler.schedule

    def knows(module, args, output):
        x_t, t, labels = args
        alpha_bar, noise = (float(f(int(t) + 1)) for f in (schedule.alpha_bar, schedule.noise_var))
        mean = MEANS[labels].reshape(-1, 1, 1, 1)
        return ((x_t - alpha_bar**0.5 * mean) * noise**0.5 / (alpha_bar * STD**2 + noise),)

    pipe.unet.register_forward_hook(knows)
    moved = draw(pipe, K=50, class_labels=label, guidance_scale=scale) - draw(pipe, K=50)
    expected = torch.full_like(moved, float(scale * (MEANS[label] - MEANS[2])))
    assert torch.allclose(moved, expected, atol=2e-3)


def test_scale_one_is_the_class_and_zero_is_none(pipe):
    by_class = draw(pipe, class_labels=[0, 1])
    assert torch.equal(draw(pipe, class_labels=[0, 1], guidance_scale=1.0), by_class)
    without = draw(pipe)
    assert torch.equal(without, draw(pipe, class_labels=2))
    assert torch.allclose(draw(pipe, class_labels=[0, 1], guidance_scale=0.0), without, atol=1e-4)
    guided = draw(pipe, class_labels=[0, 1], guidance_scale=3.0)
    assert not torch.allclose(guided, by_class, atol=1e-2)


def test_openvino_guides_the_same_way(pipe):
    one, two = (
        draw(pipe, class_labels=[0, 1], guidance_scale=3.0, backend=backend)
        for backend in ("eager", "openvino")
    )
    assert torch.allclose(one, two, atol=1e-4)


def test_a_learned_variance_is_that_of_the_class():
    pipe = new(out_channels=2)
    pipe.scheduler = DDPMScheduler(variance_type="learned_range")
    arguments = {"num_inference_steps": 3, "class_labels": [0, 1]}
    plain, guided = (
        next(pipe.stream(2, torch.Generator().manual_seed(0), guidance_scale=scale, **arguments))
        for scale in (1.0, 4.0)
    )
    noise, variance = (guided.model_output - plain.model_output).abs().amax((0, 2, 3))
    assert noise > 1e-2 and variance < 1e-5


@pytest.mark.parametrize("classes", [None, 2])
def test_a_model_not_trained_for_it_is_not_guided(classes):
    pipe = DDPMPipeline(tiny_unet(num_class_embeds=classes), DDPMScheduler())
    labels = None if classes is None else 1
    with pytest.raises(ValueError, match="not trained for guidance"):
        pipe(num_inference_steps=2, class_labels=labels, guidance_scale=2.0)
