"""How far two sets of pictures are apart, each picture given by its features."""

import warnings
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from ddpm_hf.errors import UserError

SUBSETS, SUBSET_SIZE = 100, 500
NEIGHBOURS = 3
HERE: dict[str, Any] = {"sync_on_compute": False}
"""One process has all features; torchmetrics would wait for the others to ask, too."""
ROWS, MOST_NUMBERS = 1000, 2**26
"""The most points compared at once, and the most coordinates in all."""


class _AsGiven(nn.Identity):
    """For torchmetrics: its input is features already."""

    def __init__(self, features: Tensor) -> None:
        super().__init__()
        self.num_features = features.shape[1]


def check_enough(n: int, num_features: int) -> None:
    """Raises UserError where n pictures are too few for a covariance of full rank."""
    if n <= num_features:
        raise UserError(
            f"{n} pictures are too few for the Fréchet distance: the covariance of {num_features}"
            f" features needs at least {num_features + 1}. Take more, or leave frechet out of"
            " --parts."
        )


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """|μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2·√(Σ₁Σ₂)) of two sets of features, (n, d) each.

    Raises UserError if a set has no more than d members.
    """
    check_enough(min(len(real), len(fake)), real.shape[1])
    metric = FrechetInceptionDistance(feature=_AsGiven(real), **HERE)
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    return float(metric.compute())


class KernelDistance(NamedTuple):
    """KID: mean and standard deviation over subsets. Unbiased, so it may be below 0."""

    mean: float
    std: float


def kernel_distance(real: Tensor, fake: Tensor, seed: int = 0) -> KernelDistance:
    """The squared maximum mean discrepancy of a cubic kernel, over 100 subsets.

    Subsets have 500 members, or half of the smaller set where that is less. Needs four of each.
    """
    size = min(SUBSET_SIZE, len(real) // 2, len(fake) // 2)
    with warnings.catch_warnings():  # that it keeps all features in memory: so do we
        warnings.simplefilter("ignore")
        metric = KernelInceptionDistance(_AsGiven(real), subsets=SUBSETS, subset_size=size, **HERE)
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    with torch.random.fork_rng(devices=[]):  # torchmetrics draws subsets from the global generator
        torch.manual_seed(seed)
        mean, std = metric.compute()
    return KernelDistance(float(mean), float(std))


class Nearest(NamedTuple):
    """distance: to the nearest, Euclidean. neighbour: its number. Both (n,)."""

    distance: Tensor
    neighbour: Tensor


def nearest(points: Tensor, among: Tensor) -> Nearest:
    """For each point (n, d) the nearest of `among`, (m, d)."""
    rows = max(1, min(ROWS, MOST_NUMBERS // points.shape[1]))
    distances, neighbours = [], []
    for some in torch.split(points, rows):
        best = torch.full((len(some),), torch.inf, dtype=torch.float64)
        neighbour = torch.zeros(len(some), dtype=torch.long)
        for first in range(0, len(among), rows):
            others = among[first : first + rows].double()
            distance, at = torch.cdist(some.double(), others).min(1)
            closer = distance < best
            best = torch.where(closer, distance, best)
            neighbour = torch.where(closer, at + first, neighbour)
        distances.append(best)
        neighbours.append(neighbour)
    return Nearest(torch.cat(distances), torch.cat(neighbours))


class PrecisionRecall(NamedTuple):
    """precision: the share of fakes among the real. recall: the share of real among the fakes."""

    precision: float
    recall: float


def precision_recall(real: Tensor, fake: Tensor) -> PrecisionRecall:
    """Kynkäänniemi et al. 2019: within the third neighbour's distance of a member of the set."""

    def share(points: Tensor, manifold: Tensor) -> float:
        # The nearest member of a set to itself is itself, hence the one more.
        radius = torch.cdist(manifold, manifold).kthvalue(NEIGHBOURS + 1, dim=1).values
        return float((torch.cdist(points, manifold) <= radius).any(1).double().mean())

    real, fake = real.double(), fake.double()
    return PrecisionRecall(precision=share(fake, real), recall=share(real, fake))
