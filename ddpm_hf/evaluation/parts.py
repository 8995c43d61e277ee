"""What a report is made of: each part measures one thing, and leaves its pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ddpm_hf.data.images import to_uint8, to_unit_range
from ddpm_hf.distributed import Map
from ddpm_hf.evaluation import distances, memorisation, nearest_cat, plots
from ddpm_hf.evaluation.class_agreement import agreement
from ddpm_hf.evaluation.likelihood import bits_per_dimension
from ddpm_hf.evaluation.loss_by_t import loss_by_t, some_timesteps
from ddpm_hf.evaluation.one_jump import way_back
from ddpm_hf.evaluation.real import Real, Split
from ddpm_hf.evaluation.sharpness import rmse, sharpness
from ddpm_hf.pipeline import DDPMPipeline

LIKELIHOOD_PICTURES, LOSS_PICTURES, JUMP_PICTURES, JUMP_SHOWN = 256, 512, 64, 12
JUMPS, JUMP_SHOWN_AT = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.8), 0.4
"""Jumps start from these parts of T."""
NOT_COMPARABLE = "Not comparable with published FID."


class Features(NamedTuple):
    """Features of the samples and of the real pictures in their roles, (n, d) each."""

    name: str
    samples: Tensor
    reference: Tensor
    fresh: Tensor
    seen: Tensor


class EvalContext(NamedTuple):
    """What the parts measure. Pictures are uint8; `pictures` is the folder for those of a report,
    which the main process writes. `train` and `test` are of the class that is asked for, if it is
    one; `voters` are the training pictures of all classes.

    All processes must ask for the same parts in the same order.
    """

    pipeline: DDPMPipeline
    samples: Tensor
    labels: list[int] | None
    real: Real
    train: Split
    test: Split
    voters: Split
    features: Features | None
    num_inference_steps: int
    seed: int
    backend: str
    map_items: Map
    is_main: bool
    pictures: Path

    def of(self, split: Split, n: int) -> tuple[Tensor, Tensor | None]:
        """The first pictures of a split in [−1, 1], and their classes if the model takes some."""
        x_0 = to_unit_range(list(split.pixels[:n]))
        return x_0, split.labels[:n] if self.pipeline.class_names else None


def _features(given: EvalContext) -> Features:
    assert given.features is not None
    return given.features


def _compared(given: EvalContext) -> dict[str, Any]:
    """What a figure on features states of itself."""
    name = _features(given).name
    return {
        "n": len(given.samples),
        "features": name,
        "comparable": NOT_COMPARABLE
        if name != "inception"
        else f"{NOT_COMPARABLE[:-1]}, which is taken on 50,000 samples.",
    }


def frechet(given: EvalContext) -> dict[str, Any]:
    """Samples and fresh real pictures, each against the reference."""
    f = _features(given)
    return {
        "value": distances.frechet_distance(f.reference, f.samples),
        "floor": distances.frechet_distance(f.reference, f.fresh),
        **_compared(given),
    }


def kid(given: EvalContext) -> dict[str, Any]:
    """The same by the kernel distance."""
    f = _features(given)
    return {
        "value": distances.kernel_distance(f.reference, f.samples, given.seed)._asdict(),
        "floor": distances.kernel_distance(f.reference, f.fresh, given.seed)._asdict(),
        **_compared(given),
    }


def precision(given: EvalContext) -> dict[str, Any]:
    """Precision and recall, and those of fresh real pictures."""
    f = _features(given)
    value = distances.precision_recall(f.reference, f.samples)
    floor = distances.precision_recall(f.reference, f.fresh)
    return {
        **value._asdict(),
        **{f"{name}_floor": share for name, share in floor._asdict().items()},
        **_compared(given),
    }


def classes(given: EvalContext) -> dict[str, Any]:
    """Whether samples are of the class that was asked for, and test pictures of their own."""
    asked, test, voters = torch.tensor(given.labels), given.test, given.voters
    n = min(len(asked), len(test.pixels))
    return {
        "n": len(asked),
        "n_floor": n,
        "training_pictures": len(voters.pixels),
        "value": agreement(given.samples, asked, *voters),
        "floor": agreement(test.pixels[:n], test.labels[:n], *voters),
    }


def likelihood(given: EvalContext) -> dict[str, Any]:
    """Bits per dimension on the test split."""
    x_0, labels = given.of(given.test, LIKELIHOOD_PICTURES)
    bound = bits_per_dimension(
        given.pipeline,
        x_0,
        labels=labels,
        seed=given.seed,
        backend=given.backend,
        map_items=given.map_items,
    )
    return {"n": len(x_0), **bound._asdict()}


def loss(given: EvalContext) -> dict[str, Any]:
    """Loss by t on both splits, the same noise for both."""
    n = min(LOSS_PICTURES, len(given.train.pixels), len(given.test.pixels))
    timesteps = some_timesteps(given.pipeline.num_train_timesteps)
    figures: dict[str, Any] = {"n": n, "t": timesteps}
    for name, split in (("train", given.train), ("test", given.test)):
        x_0, labels = given.of(split, n)
        each = loss_by_t(
            given.pipeline,
            x_0,
            timesteps,
            labels=labels,
            seed=given.seed,
            backend=given.backend,
            map_items=given.map_items,
        )
        figures[name] = each.mean(0).tolist()
        figures[f"{name}_standard_error"] = (each.std(0) / n**0.5).tolist()
    if given.is_main:
        plots.loss_by_t(figures, given.pictures / "loss_by_t.png")
    return figures


def one_jump(given: EvalContext) -> dict[str, Any]:
    """One jump against steps, from some t on."""
    T, schedule = given.pipeline.num_train_timesteps, given.pipeline.scheduler.schedule
    x_0, labels = given.of(given.test, JUMP_PICTURES)
    timesteps = sorted({max(1, round(T * part)) for part in JUMPS})
    shown = max(1, round(T * JUMP_SHOWN_AT))
    original = sharpness(x_0).mean()
    figures: dict[str, Any] = {
        "n": len(x_0),
        "num_inference_steps": given.num_inference_steps,
        "shown_t": shown,
        "t": timesteps,
        "error_is_multiplied_by": [float(schedule.snr(t).rsqrt()) for t in timesteps],
        **{f"{q}_{way}": [] for q in ("rmse", "sharpness") for way in ("jump", "steps")},
    }
    for t in timesteps:
        back = way_back(
            given.pipeline,
            x_0,
            t,
            given.num_inference_steps,
            labels=labels,
            seed=given.seed,
            backend=given.backend,
            map_items=given.map_items,
        )
        for way, pictures in (("jump", back.jump), ("steps", back.steps)):
            figures[f"rmse_{way}"].append(float(rmse(pictures, x_0).mean()))
            figures[f"sharpness_{way}"].append(float(sharpness(pictures).mean() / original))
        if t == shown and given.is_main:
            rows = [to_uint8(pictures[:JUMP_SHOWN]) for pictures in (x_0, *back)]
            plots.sheet(torch.stack(rows), given.pictures / "way_back.png")
    if given.is_main:
        plots.one_jump(figures, given.pictures / "one_jump.png")
    return figures


def memorised(given: EvalContext) -> dict[str, Any]:
    """How near samples come to training pictures."""
    f, real = _features(given), given.real
    figures, copied = memorisation.measure(
        (given.samples, real.fresh, real.seen), (f.samples, f.fresh, f.seen)
    )
    plots.sheet(torch.stack(copied), given.pictures / "nearest_training.png")
    return figures


def decoded(given: EvalContext) -> dict[str, Any]:
    """Which cats the samples are."""
    pixels = given.samples.permute(0, 2, 3, 1).contiguous().numpy()
    known = nearest_cat.Decoder(pixels.shape[1])
    figures, found = nearest_cat.measure(known, pixels, given.seed)
    from_best = torch.from_numpy(found.rmse).argsort()
    places = torch.linspace(0, len(from_best) - 1, min(16, len(from_best))).round().long()
    which = from_best[places]
    side = pixels.shape[1]
    nearest = torch.from_numpy(known.everyone[found.place[which]]).reshape(-1, side, side, 3)
    rows = torch.stack([given.samples[which], nearest.permute(0, 3, 1, 2)])
    plots.sheet(rows, given.pictures / "nearest_cats.png")
    return figures


PARTS: dict[str, Callable[[EvalContext], dict[str, Any]]] = {
    "frechet": frechet,
    "kid": kid,
    "precision": precision,
    "classes": classes,
    "likelihood": likelihood,
    "loss": loss,
    "one_jump": one_jump,
    "memorisation": memorised,
    "decoder": decoded,
}
ON_FEATURES = frozenset({"frechet", "kid", "precision", "memorisation"})
BY_ALL = frozenset({"likelihood", "loss", "one_jump"})
"""The parts that all processes work on; the main process does the others by itself."""
