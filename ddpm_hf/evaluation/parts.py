"""The parts of a report: each measures one quantity and saves its own plots and images."""

from collections.abc import Callable
from typing import Any

import torch

from ddpm_hf.data.images import to_uint8
from ddpm_hf.evaluation import distances, memorisation, nearest_cat, plots
from ddpm_hf.evaluation.class_agreement import agreement
from ddpm_hf.evaluation.context import EvalContext, Features
from ddpm_hf.evaluation.distances import Moments
from ddpm_hf.evaluation.likelihood import bits_per_dimension
from ddpm_hf.evaluation.loss_by_t import loss_by_t, some_timesteps
from ddpm_hf.evaluation.one_jump import reconstruct
from ddpm_hf.evaluation.sharpness import rmse, sharpness

LIKELIHOOD_IMAGES, LOSS_IMAGES, JUMP_IMAGES, JUMP_SHOWN = 256, 512, 64, 12
JUMPS, JUMP_SHOWN_AT = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.8), 0.4
"""Jumps start from these fractions of T; images are shown for one of them."""
NOT_COMPARABLE = "Not comparable with published FID."

PUBLISHED_FID = 50_000
"""The samples that published FIDs are of."""


def _features(context: EvalContext) -> Features:
    assert context.features is not None
    return context.features


def _terms(context: EvalContext) -> dict[str, Any]:
    """What a figure is based on: how many samples, and which features."""
    return {"n": len(context.samples), "features": _features(context).name}


def frechet(context: EvalContext) -> dict[str, Any]:
    """Fréchet distance to real images: of the samples, and of fresh real images.

    It is the FID for the features of Inception alone, and then against all training images.
    """
    f = _features(context)
    is_fid, n = f.name == "inception", len(f.samples)
    real = f.training if is_fid else f.reference
    source, moments = context.reference or (f"{len(real)} training images", Moments.of(real))
    enough = len(f.fresh) > f.fresh.shape[1]
    fresh = distances.frechet_distance(moments, Moments.of(f.fresh)) if enough else None
    comparable = NOT_COMPARABLE
    if is_fid:
        comparable = f"Published FIDs are of {PUBLISHED_FID:,} samples"
        comparable += (
            "." if n == PUBLISHED_FID else f", and higher with fewer: FID-{n}, no FID-50k."
        )
    return {
        "name": "FID" if is_fid else "Fréchet distance",
        "value": distances.frechet_distance(moments, Moments.of(f.samples)),
        "floor": fresh,
        **_terms(context),
        "n_floor": len(f.fresh),
        "reference": source,
        "seed": context.seed,
        "comparable": comparable,
    }


def inception_score(context: EvalContext) -> dict[str, Any]:
    """Inception score of the samples."""
    logits = _features(context).logits
    assert logits is not None
    return {**distances.inception_score(logits)._asdict(), **_terms(context)}


def kid(context: EvalContext) -> dict[str, Any]:
    """Kernel distance to the reference: of the samples, and of fresh real images."""
    f = _features(context)
    return {
        "value": distances.kernel_distance(f.reference, f.samples, context.seed)._asdict(),
        "floor": distances.kernel_distance(f.reference, f.fresh, context.seed)._asdict(),
        **_terms(context),
        "comparable": NOT_COMPARABLE,
    }


def precision(context: EvalContext) -> dict[str, Any]:
    """Precision and recall of the samples, and of fresh real images."""
    f = _features(context)
    value = distances.precision_recall(f.reference, f.samples)
    floor = distances.precision_recall(f.reference, f.fresh)
    return {
        **value._asdict(),
        **{f"{name}_floor": share for name, share in floor._asdict().items()},
        **_terms(context),
        "comparable": NOT_COMPARABLE,
    }


def classes(context: EvalContext) -> dict[str, Any]:
    """Class agreement with the training images: of the samples, and of test images."""
    labels, test, train = torch.tensor(context.labels), context.test, context.train_all_classes
    n = min(len(labels), len(test.pixels))
    return {
        "n": len(labels),
        "n_floor": n,
        "training_pictures": len(train.pixels),
        "value": agreement(context.samples, labels, *train),
        "floor": agreement(test.pixels[:n], test.labels[:n], *train),
    }


def likelihood(context: EvalContext) -> dict[str, Any]:
    """Bits per dimension of test images, in all and step by step."""
    x_0, labels = context.first(context.test, LIKELIHOOD_IMAGES)
    bound = bits_per_dimension(
        context.pipeline,
        x_0,
        labels=labels,
        seed=context.seed,
        map_items=context.map_items,
    )
    curve = bound.rate_distortion._asdict()
    if context.is_main:
        plots.rate_distortion(curve, context.folder / "rate_distortion.png")
    return {"n": len(x_0), **bound._asdict(), "rate_distortion": curve}


def loss(context: EvalContext) -> dict[str, Any]:
    """Loss by t on both splits, with the same noise."""
    n = min(LOSS_IMAGES, len(context.train.pixels), len(context.test.pixels))
    timesteps = some_timesteps(context.pipeline.num_train_timesteps)
    figures: dict[str, Any] = {"n": n, "t": timesteps}
    for name, split in (("train", context.train), ("test", context.test)):
        x_0, labels = context.first(split, n)
        by_image = loss_by_t(
            context.pipeline,
            x_0,
            timesteps,
            labels=labels,
            seed=context.seed,
            backend=context.backend,
            map_items=context.map_items,
        )
        figures[name] = by_image.mean(0).tolist()
        figures[f"{name}_standard_error"] = (by_image.std(0) / n**0.5).tolist()
    if context.is_main:
        plots.loss_by_t(figures, context.folder / "loss_by_t.png")
    return figures


def one_jump(context: EvalContext) -> dict[str, Any]:
    """One jump against steps, from several t."""
    T, schedule = context.pipeline.num_train_timesteps, context.pipeline.scheduler.schedule
    x_0, labels = context.first(context.test, JUMP_IMAGES)
    timesteps = sorted({max(1, round(T * fraction)) for fraction in JUMPS})
    shown = max(1, round(T * JUMP_SHOWN_AT))
    original = sharpness(x_0).mean()
    figures: dict[str, Any] = {
        "n": len(x_0),
        "num_inference_steps": context.num_inference_steps,
        "shown_t": shown,
        "t": timesteps,
        "error_is_multiplied_by": [float(schedule.snr(t).rsqrt()) for t in timesteps],
        **{f"{q}_{way}": [] for q in ("rmse", "sharpness") for way in ("jump", "steps")},
    }
    for t in timesteps:
        found = reconstruct(
            context.pipeline,
            x_0,
            t,
            context.num_inference_steps,
            labels=labels,
            seed=context.seed,
            backend=context.backend,
            map_items=context.map_items,
        )
        for way, images in (("jump", found.jump), ("steps", found.steps)):
            figures[f"rmse_{way}"].append(float(rmse(images, x_0).mean()))
            figures[f"sharpness_{way}"].append(float(sharpness(images).mean() / original))
        if t == shown:
            rows = [to_uint8(images[:JUMP_SHOWN]) for images in (x_0, *found)]
    if context.is_main:  # at the end, so that no process waits for one that can't write
        plots.sheet(torch.stack(rows), context.folder / "way_back.png")
        plots.one_jump(figures, context.folder / "one_jump.png")
    return figures


def memorised(context: EvalContext) -> dict[str, Any]:
    """How close samples come to training images."""
    f, real = _features(context), context.real
    figures, pairs = memorisation.measure(
        (context.samples, real.fresh, real.training), (f.samples, f.fresh, f.training)
    )
    plots.sheet(torch.stack(pairs), context.folder / "nearest_training.png")
    return figures


def nearest_cats(context: EvalContext) -> dict[str, Any]:
    """Which cats the samples show."""
    pixels = context.samples.permute(0, 2, 3, 1).contiguous().numpy()
    side = pixels.shape[1]
    index = nearest_cat.CatIndex(side)
    figures, found = nearest_cat.measure(index, pixels, context.seed)
    best_first = torch.from_numpy(found.rmse).argsort()
    ranks = torch.linspace(0, len(best_first) - 1, min(16, len(best_first))).round().long()
    shown = best_first[ranks]
    nearest = torch.from_numpy(index.pixels[found.indices[shown]]).reshape(-1, side, side, 3)
    rows = torch.stack([context.samples[shown], nearest.permute(0, 3, 1, 2)])
    plots.sheet(rows, context.folder / "nearest_cats.png")
    return figures


PARTS: dict[str, Callable[[EvalContext], dict[str, Any]]] = {
    "frechet": frechet,
    "inception_score": inception_score,
    "kid": kid,
    "precision": precision,
    "classes": classes,
    "likelihood": likelihood,
    "loss": loss,
    "one_jump": one_jump,
    "memorisation": memorised,
    "decoder": nearest_cats,
}
ON_FEATURES = frozenset({"frechet", "inception_score", "kid", "precision", "memorisation"})
BY_ALL = frozenset({"likelihood", "loss", "one_jump"})
"""The parts that all processes share; the main process does the others alone."""
