"""Distances between two sets of images, each image given by its features."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn
from torchmetrics.image.kid import KernelInceptionDistance

from ddpm_hf.errors import UserError, first_sentence

SUBSETS, SUBSET_SIZE = 100, 500
NEIGHBOURS = 3
SCORE_PARTS = 10
THIS_PROCESS_ONLY: dict[str, Any] = {"sync_on_compute": False}
"""One process has all features; by default torchmetrics would wait for the others."""
MAX_POINTS, MAX_COORDINATES = 1000, 2**26
"""The most points compared at once, and the most coordinates that these may have in all."""


class _Precomputed(nn.Identity):
    """A feature extractor for torchmetrics whose input is already features."""

    def __init__(self, features: Tensor) -> None:
        super().__init__()
        self.num_features = features.shape[1]


def check_enough(n: int, num_features: int) -> None:
    """Raise UserError if n images are too few for a covariance of full rank."""
    if n <= num_features:
        raise UserError(
            f"{n} images are too few for the Fréchet distance: the covariance of {num_features}"
            f" features needs at least {num_features + 1}. Take more, or leave frechet out of"
            " --parts."
        )


class Moments(NamedTuple):
    """Mean (d,) and covariance (d, d) of a set of features, float64."""

    mu: Tensor
    sigma: Tensor

    @classmethod
    def of(cls, features: Tensor) -> Self:
        """Of features (n, d). Raises UserError unless n > d."""
        check_enough(*features.shape)
        points = features.double()
        return cls(points.mean(0), points.T.cov())

    @classmethod
    def read(cls, path: str, num_features: int) -> Self:
        """Of an .npz with `mu` and `sigma`, as FID's tools write them. Raises UserError."""
        try:
            with np.load(path) as file:
                found = cls(*(torch.from_numpy(file[name]).double() for name in cls._fields))
        except Exception as error:  # of zipfile, zlib or NumPy
            raise UserError(
                f"--reference {path} is not an .npz with the arrays mu and sigma:"
                f" {first_sentence(error)}."
            ) from error
        shapes = ((num_features,), (num_features, num_features))
        if (found.mu.shape, found.sigma.shape) != shapes:
            raise UserError(
                f"--reference {path} is of {found.mu.numel()} features, and --features are"
                f" {num_features}."
            )
        return found


def frechet_distance(one: Moments, other: Moments) -> float:
    """|μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2·√(Σ₁Σ₂)), Heusel et al. 2017, eq. 6."""
    root = torch.linalg.eigvals(one.sigma @ other.sigma).sqrt().real.sum()
    spread = one.sigma.trace() + other.sigma.trace() - 2 * root
    return float((one.mu - other.mu).square().sum() + spread)


class InceptionScore(NamedTuple):
    """Mean and standard deviation over ten parts of the samples."""

    mean: float
    std: float


def inception_score(logits: Tensor) -> InceptionScore:
    """exp E KL(p(y|x) ‖ p(y)) for the class logits of samples, (n, classes); n ≥ 10.

    Salimans et al. 2016: in each tenth of the samples, with its own p(y).
    """
    ends, scores = [i * len(logits) // SCORE_PARTS for i in range(1, SCORE_PARTS)], []
    for some in torch.tensor_split(logits.double(), ends):
        p, log_p = some.softmax(1), some.log_softmax(1)
        scores.append((p * (log_p - p.mean(0).log())).sum(1).mean().exp())
    every = torch.stack(scores)
    return InceptionScore(float(every.mean()), float(every.std(correction=0)))


class KernelDistance(NamedTuple):
    """KID: mean and standard deviation over subsets. Unbiased, so it may be below 0."""

    mean: float
    std: float


def kernel_distance(real: Tensor, fake: Tensor, seed: int = 0) -> KernelDistance:
    """The squared maximum mean discrepancy with a cubic kernel, over 100 random subsets.

    A subset has 500 members, or half of the smaller set if that is less. Both sets need at least
    four members.
    """
    size = min(SUBSET_SIZE, len(real) // 2, len(fake) // 2)
    with warnings.catch_warnings():  # it warns that it keeps all features in memory; so do we
        warnings.simplefilter("ignore")
        metric = KernelInceptionDistance(
            _Precomputed(real), subsets=SUBSETS, subset_size=size, **THIS_PROCESS_ONLY
        )
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    with torch.random.fork_rng(devices=[]):  # torchmetrics draws from the global generator
        torch.manual_seed(seed)
        mean, std = metric.compute()
    return KernelDistance(float(mean), float(std))


class Nearest(NamedTuple):
    """distance: Euclidean, to the nearest candidate. indices: which one it is. Both (n,)."""

    distance: Tensor
    indices: Tensor


def nearest(points: Tensor, candidates: Tensor) -> Nearest:
    """For each of the points (n, d) the nearest of the candidates (m, d)."""
    rows = max(1, min(MAX_POINTS, MAX_COORDINATES // points.shape[1]))
    distances, indices = [], []
    for some in torch.split(points, rows):
        best = torch.full((len(some),), torch.inf, dtype=torch.float64)
        best_index = torch.zeros(len(some), dtype=torch.long)
        for first in range(0, len(candidates), rows):
            others = candidates[first : first + rows].double()
            distance, at = torch.cdist(some.double(), others).min(1)
            closer = distance < best
            best = torch.where(closer, distance, best)
            best_index = torch.where(closer, at + first, best_index)
        distances.append(best)
        indices.append(best_index)
    return Nearest(torch.cat(distances), torch.cat(indices))


class PrecisionRecall(NamedTuple):
    """precision: the share of fake points within the real manifold. recall: the reverse."""

    precision: float
    recall: float


def precision_recall(real: Tensor, fake: Tensor) -> PrecisionRecall:
    """Kynkäänniemi et al. 2019, for two sets of features, (n, d) each.

    The manifold of a set: all points within a member's distance to its third nearest neighbour.
    """

    def by_blocks(points: Tensor, work: Callable[[Tensor], Tensor]) -> Tensor:
        return torch.cat([work(some) for some in torch.split(points, MAX_POINTS)])

    def share(points: Tensor, manifold: Tensor) -> float:
        # + 1, because the nearest neighbour found of each member is itself.
        radius = by_blocks(
            manifold, lambda x: torch.cdist(x, manifold).kthvalue(NEIGHBOURS + 1, dim=1).values
        )
        inside = by_blocks(points, lambda x: (torch.cdist(x, manifold) <= radius).any(1))
        return float(inside.double().mean())

    real, fake = real.double(), fake.double()
    return PrecisionRecall(precision=share(fake, real), recall=share(real, fake))
