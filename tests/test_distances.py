"""Distances between sets against closed forms: Gaussians, halves of one set, sets apart."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore

from ddpm_hf.errors import UserError
from ddpm_hf.evaluation import distances
from ddpm_hf.evaluation.distances import (
    Moments,
    check_enough,
    frechet_distance,
    inception_score,
    kernel_distance,
    nearest,
    precision_recall,
)

D = 16


def gaussian(n, mean=0.0, std=1.0, seed=0):
    return torch.randn(n, D, generator=torch.Generator().manual_seed(seed)) * std + mean


def whitened(points):
    """The same points with mean 0 and covariance 1, exactly."""
    points = points.double() - points.double().mean(0)
    return points @ torch.linalg.inv(torch.linalg.cholesky(points.T.cov()).T)


@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (0.5, 1.0), (0.0, 2.0), (-1.0, 0.3)])
def test_frechet_distance_of_two_gaussians_is_its_closed_form(mean, std):
    a, b = whitened(gaussian(500)), whitened(gaussian(700, seed=1)) * std + mean
    exact = D * mean**2 + D * (1 - std) ** 2
    assert frechet_distance(Moments.of(a), Moments.of(b)) == pytest.approx(exact, abs=1e-6)


def test_frechet_distance_sees_what_depends_on_what():
    spread = torch.linspace(0.5, 2, D, dtype=torch.float64)
    a, b = whitened(gaussian(500)) * spread, whitened(gaussian(500, seed=1)) * spread.flip(0)
    exact = float((spread - spread.flip(0)).square().sum())
    assert frechet_distance(Moments.of(a), Moments.of(b)) == pytest.approx(exact, abs=1e-6)


def test_too_few_for_the_covariance_says_how_many():
    with pytest.raises(UserError, match="needs at least 1281"):
        check_enough(1280, 1280)
    check_enough(1281, 1280)
    with pytest.raises(UserError, match="16 images are too few"):
        Moments.of(gaussian(16))


class Means(nn.Module):
    """A feature extractor: 12 numbers of a picture, the means of patches of each colour."""

    num_features = 12

    def forward(self, images):
        return nn.functional.adaptive_avg_pool2d(images.double(), 2).flatten(1)


def noisy(n, seed, low=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(low, 256, (n, 3, 8, 8), generator=rng, dtype=torch.uint8)


def test_frechet_distance_is_torchmetrics_on_another_extractor():
    real, fake = noisy(300, 0), noisy(200, 1, low=20)
    theirs = FrechetInceptionDistance(Means())
    theirs.update(real, real=True)
    theirs.update(fake, real=False)
    ours = frechet_distance(*(Moments.of(Means()(images)) for images in (real, fake)))
    assert ours == pytest.approx(float(theirs.compute()), rel=1e-6)


def test_inception_score_is_torchmetrics():
    logits = 3 * gaussian(200)
    theirs = InceptionScore(nn.Identity(), splits=10)
    theirs.update(logits.double())
    torch.manual_seed(0)
    mixed = logits[torch.randperm(len(logits), generator=torch.Generator().manual_seed(0))]
    mean, _ = theirs.compute()
    assert inception_score(mixed).mean == pytest.approx(float(mean), rel=1e-6)
    assert inception_score(torch.zeros(20, 5)) == (1, 0), "always unsure"
    sure = 100 * torch.eye(4).repeat(10, 1)
    assert inception_score(sure).mean == pytest.approx(4), "sure, and of four classes alike"


def test_statistics_of_real_pictures_are_taken_from_a_file(tmp_path):
    points, path = gaussian(100), str(tmp_path / "stats.npz")
    sigma = np.cov(points.double().numpy(), rowvar=False)
    np.savez(path, mu=points.double().numpy().mean(0), sigma=sigma)
    found, direct = Moments.read(path, D), Moments.of(points)
    torch.testing.assert_close(found, direct)
    with pytest.raises(UserError, match="is of 16 features, and --features are 2048"):
        Moments.read(path, 2048)
    whole = Path(path).read_bytes()
    damaged = [whole[:n] for n in (0, 30, len(whole) // 2)] + [whole.replace(b"\x93NUMPY", b"")]
    for i, content in enumerate(damaged):
        (tmp_path / f"damaged-{i}.npz").write_bytes(content)
    np.savez(path, mean=points)
    none = str(tmp_path / "none.npz")
    for wrong in (path, none, __file__, *map(str, tmp_path.glob("damaged-*"))):
        with pytest.raises(UserError, match=r"is not an \.npz with the arrays mu and sigma"):
            Moments.read(wrong, D)


def test_kernel_distance_of_halves_is_nothing_and_of_others_much():
    points = gaussian(1200)
    halves = kernel_distance(points[:600], points[600:])
    assert abs(halves.mean) < 2 * halves.std
    moved = kernel_distance(points[:600], points[600:] + 0.5)
    assert moved.mean > 10 * halves.std
    before = torch.get_rng_state()
    assert kernel_distance(points[:600], points[600:]) == halves
    assert torch.equal(torch.get_rng_state(), before), "the global generator was used"


def test_kernel_distance_is_the_mean_of_its_closed_form():
    """E[k(x, x')] of k = (x·y/d + 1)³ over N(0, 1) and N(m, 1) in closed form."""

    def expected(a, b):  # x·y/d for independent N(a, 1), N(b, 1) in d dimensions
        d = D
        u = a * b
        var = (1 + a**2 + b**2) / d
        third = (6 * a * b) / d**2  # third central moment
        return 1 + 3 * u + 3 * (u**2 + var) + u**3 + 3 * u * var + third

    m = 0.5
    exact = expected(0, 0) + expected(m, m) - 2 * expected(0, m)
    found = kernel_distance(gaussian(8000), gaussian(8000, seed=1) + m)
    assert found.mean == pytest.approx(exact, abs=4 * found.std / 10)


def test_precision_and_recall_tell_what_is_wrong():
    real, same = gaussian(400), gaussian(400, seed=1)
    alike = precision_recall(real, same)
    assert alike.precision > 0.7 and alike.recall > 0.7
    apart = precision_recall(real, same + 20)
    assert apart == (0.0, 0.0)
    collapsed = precision_recall(real, real[:1] + 0.01 * same)
    assert collapsed.precision == 1.0 and collapsed.recall < 0.05
    scattered = precision_recall(real, 3 * same)
    assert scattered.precision < 0.1 and scattered.recall > 0.9


def test_precision_and_recall_do_not_depend_on_how_many_are_compared_at_once(monkeypatch):
    real, fake = gaussian(90), 1.5 * gaussian(70, seed=1)
    whole = precision_recall(real, fake)
    monkeypatch.setattr(distances, "MAX_POINTS", 32)
    assert precision_recall(real, fake) == whole and 0 < whole.precision < 1


def test_nearest_is_the_nearest():
    points, candidates = gaussian(50), gaussian(2300, seed=1)
    apart = (points[:, None] - candidates[None]).double().norm(dim=2)
    found = nearest(points, candidates)
    assert torch.equal(found.indices, apart.argmin(1))
    assert torch.allclose(found.distance, apart.min(1).values)
