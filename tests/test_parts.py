"""A report's parts: each figure is of the pictures that it names."""

import pytest
import torch

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.data import images
from ddpm_hf.distributed import serial_map
from ddpm_hf.evaluation import parts
from ddpm_hf.evaluation.context import EvalContext, Features
from ddpm_hf.evaluation.one_jump import reconstruct
from ddpm_hf.evaluation.real_images import RealImages, Split
from ddpm_hf.evaluation.sharpness import rmse, sharpness
from tests.conftest import knowing_pipeline, tiny_unet


@pytest.fixture
def context(tmp_path):
    """A network that knows one picture: of the training split, and not of the test split."""
    known = images.to_uint8(torch.full((10, 1, 8, 8), 0.5))
    rng = torch.Generator().manual_seed(0)
    other = torch.randint(0, 60, (10, 1, 8, 8), dtype=torch.uint8, generator=rng)
    train, test = (
        Split(pictures, torch.zeros(10, dtype=torch.long)) for pictures in (known, other)
    )
    return EvalContext(
        pipeline=knowing_pipeline(), samples=known, labels=None,
        real=RealImages(training=known, reference=known, fresh=other), train=train, test=test,
        train_all_classes=train, features=None, reference=None, num_inference_steps=4, seed=0,
        backend="eager", map_items=serial_map, is_main=True, folder=tmp_path,
    )  # fmt: skip


def test_a_part_is_of_the_split_that_it_names(context):
    loss = parts.loss(context)
    middle = len(loss["t"]) // 2
    assert loss["train"][middle] < 0.05 < 1 < loss["test"][middle]
    assert loss["train_standard_error"][middle] < loss["test_standard_error"][middle]
    assert parts.likelihood(context)["total"] > 1000  # 1.4 on the training split
    assert min(parts.one_jump(context)["rmse_jump"]) > 100  # 0.25 on the training split


def test_no_more_pictures_are_measured_than_it_takes(context, monkeypatch):
    monkeypatch.setattr(parts, "LIKELIHOOD_IMAGES", 3)
    monkeypatch.setattr(parts, "LOSS_IMAGES", 4)
    monkeypatch.setattr(parts, "JUMP_IMAGES", 5)
    measured = (parts.likelihood, parts.loss, parts.one_jump)
    assert [part(context)["n"] for part in measured] == [3, 4, 5]


def test_figures_on_features_stand_beside_their_floor(context):
    rng = torch.Generator().manual_seed(0)
    reference, fresh, training = (torch.randn(40, 4, generator=rng) for _ in range(3))
    features = Features("f", reference + 9, reference, fresh, training, logits=None)
    context = context._replace(features=features)
    distance, kid, found = (part(context) for part in (parts.frechet, parts.kid, parts.precision))
    assert distance["value"] > 10 * abs(distance["floor"])
    assert kid["value"]["mean"] > 10 * abs(kid["floor"]["mean"])
    assert found["precision"] == found["recall"] == 0
    assert found["precision_floor"] > 0.5 and found["recall_floor"] > 0.5


def test_the_class_of_samples_stands_beside_that_of_test_pictures(context):
    labels = torch.arange(10) % 2
    pictures = (labels * 200).reshape(-1, 1, 1, 1).expand(10, 1, 8, 8).to(torch.uint8)
    split, drawn = Split(pictures, labels), {"samples": pictures.flip(0), "labels": labels.tolist()}
    found = parts.classes(context._replace(test=split, train_all_classes=split, **drawn))
    assert (found["value"], found["floor"]) == (0, 1)


def test_the_jump_and_the_steps_are_told_apart(context):
    context = context._replace(pipeline=DDPMPipeline(tiny_unet(1), DDPMScheduler()))
    figures, (x_0, _) = parts.one_jump(context), context.first(context.test, 10)
    back = reconstruct(context.pipeline, x_0, figures["t"][2], 4, backend="eager")
    jump, steps = (float(rmse(pictures, x_0).mean()) for pictures in (back.jump, back.steps))
    assert abs(jump - steps) > 1
    assert (figures["rmse_jump"][2], figures["rmse_steps"][2]) == pytest.approx((jump, steps))
    sharp = sharpness(back.jump).mean() / sharpness(x_0).mean()
    assert figures["sharpness_jump"][2] == pytest.approx(float(sharp))
