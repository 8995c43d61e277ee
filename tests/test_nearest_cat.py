"""The nearest cat: exact on real ones, worse and worse with noise and blur.

On a few cats; in a long run, on all.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageFilter

from ddpm_hf.data import cats
from ddpm_hf.evaluation import nearest_cat
from ddpm_hf.evaluation.nearest_cat import (
    CatIndex,
    distance_to_neighbours,
    measure,
    valid_threshold,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def indexes(tmp_path_factory):
    @cache
    def of(world):
        if world == "all":
            return CatIndex()
        with pytest.MonkeyPatch.context() as patch:
            folder = str(tmp_path_factory.mktemp("cache"))
            patch.setattr(nearest_cat.datasets_config, "HF_DATASETS_CACHE", folder)
            # A process of its own would have all drawings.
            in_a_thread = ThreadPoolExecutor(1)
            patch.setattr(nearest_cat, "ProcessPoolExecutor", lambda mp_context: in_a_thread)
            return CatIndex()

    return of


@pytest.fixture
def index(world, indexes):
    return indexes(world)


def some_cats(split, n=100):
    return cats.choose(split, 0, 32)[:n]


def pictures(which):
    return np.stack([cats.compose(cat) for cat in which])


def looks_like(index, place, cat):
    drawn = index.pixels[place].reshape(32, 32, 3)
    return np.array_equal(drawn, cats.compose(cat))


def test_training_cats_are_found_and_known(index):
    known = some_cats("train")
    figures, found = measure(index, pictures(known), seed=0)
    assert figures["share_valid"] == 1 and figures["median_rmse"] == 0
    assert figures["share_novel_of_valid"] == 0
    assert figures["share_novel_of_noised_training_cats"] == 0, "there is no noise to add"
    assert all(looks_like(index, *pair) for pair in zip(found.indices, known, strict=True))


def test_fresh_cats_are_found_attribute_by_attribute_and_novel(index):
    fresh = some_cats("test")
    place, rmse = index.nearest(pictures(fresh))
    assert (rmse == 0).all() and index.is_novel(place).all()
    layers = np.stack(np.unravel_index(place, cats.counts()), 1)
    body, fur, eyes, mouth, accessory = (layers == np.array(fresh)).mean(0)
    # Furs and mouths leave no mark on some cats: then the first that looks the same is named.
    assert body == eyes == accessory == 1 and 0.8 < min(fur, mouth) < 1
    assert all(looks_like(index, *pair) for pair in zip(place, fresh, strict=True))


def test_nearest_is_exact(index):
    """Against plain float64 over all of them, on a picture of nothing in particular."""
    noise = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)
    place, rmse = index.nearest(noise)
    x = noise.reshape(-1).astype(float)
    blocks = (index.pixels[i : i + 6000] for i in range(0, len(index.pixels), 6000))
    squares = np.concatenate([np.square(block - x).mean(1) for block in blocks])
    assert place[0] == squares.argmin() and rmse[0] == pytest.approx(np.sqrt(squares.min()))


def test_noise_and_blur_are_worse_and_worse(index):
    real = pictures(some_cats("test", 60))
    rng = np.random.default_rng(0)
    noisy = [
        np.clip(real + rng.normal(0, std, real.shape), 0, 255).round().astype(np.uint8)
        for std in (0, 1, 4, 8, 12, 20)
    ]
    blurred = [
        np.stack([Image.fromarray(x).filter(ImageFilter.GaussianBlur(r)) for x in real])
        for r in (0, 0.4, 0.6, 0.8, 1.2)
    ]
    rmse = index.nearest(np.concatenate(noisy + blurred)).rmse.reshape(-1, len(real))
    threshold = valid_threshold(32)
    for series in (rmse[: len(noisy)], rmse[len(noisy) :]):
        medians = np.median(series, 1).tolist()
        assert medians == sorted(medians) and medians[0] == 0 and medians[-1] > 10
        shares = (series <= threshold).mean(1).tolist()
        assert shares == sorted(shares, reverse=True) and shares[0] == 1 and shares[-1] < 0.1
    assert (rmse[1] <= threshold).all(), "noise of one level is nothing"


def test_total_variation_and_its_floor(index):
    everyone = np.arange(len(index.canonical))
    assert max(index.total_variation(everyone).values()) < 1e-12
    same = index.total_variation(np.full(100, 7))
    bodies, _, eyes, _, _ = cats.counts()
    assert same["body"] == pytest.approx(1 - 1 / bodies)
    assert same["eyes"] == pytest.approx(1 - 1 / eyes)
    for n in (500, 10_000):
        # ½ Σ E|p̂ − p| for p = 1/bodies, p̂ − p nearly normal
        expected = math.sqrt((bodies - 1) / (2 * math.pi * n))
        found = index.total_variation_floor(n, seed=0)["body"]
        assert found == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize("world", ["few"], indirect=True)
def test_classes_are_those_counted(index):
    pictures = {cats.compose(cat).tobytes() for cat in np.ndindex(*cats.counts())}
    assert len(np.unique(index.canonical)) == len(pictures)
    known = {cats.compose(cat).tobytes() for cat in cats.choose("train")}
    novel = [picture.tobytes() not in known for picture in index.pixels]
    assert index.novel_share() == np.mean(novel)


@pytest.mark.soak
def test_of_all_cats_as_many_look_different_as_were_counted(indices):
    index = indices("all")
    assert len(np.unique(index.canonical)) == 319_015
    assert index.novel_share() == pytest.approx(0.93, abs=0.005)


def test_threshold_comes_from_the_data():
    apart, threshold = distance_to_neighbours(32, n=500), valid_threshold(32)
    assert threshold == pytest.approx(np.quantile(apart, 0.01), rel=0.2)
    assert 7 < threshold < 10
