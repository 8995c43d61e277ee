"""The embedded data set."""

from functools import cache

import datasets
import numpy as np
import pytest

from ddpm_hf.data import cats


@pytest.fixture(scope="module")
def composed(tmp_path_factory):
    """Composed anew: a cache may hold what the code of another day chose."""

    @cache
    def of(world):
        folder = str(tmp_path_factory.mktemp("cache"))
        return {split: cats.load(split, cache_dir=folder) for split in cats.SPLITS}

    return of


@pytest.fixture
def splits(world, composed):
    return composed(world)


def as_rows(dataset):
    return list(zip(*(dataset[layer] for layer in cats.LAYERS), strict=True))


def test_there_are_360_000_cats_and_20_000_to_train_on():
    assert cats.counts() == (15, 10, 15, 10, 16)
    assert np.prod(cats.counts()) == 360_000
    assert cats.SPLITS == {"train": 20_000, "test": 2_000}
    assert len(set(cats.choose("train"))) == 20_000


def test_it_is_a_real_data_set(splits):
    train, test = splits["train"], splits["test"]
    assert {"train": len(train), "test": len(test)} == cats.SPLITS
    assert isinstance(train.features["image"], datasets.Image)
    for layer, count in zip(cats.LAYERS, cats.counts(), strict=True):
        assert train.features[layer].num_classes == count
    assert train.features["eyes"].int2str(3) == "eyes3"
    assert "David Revoy" in train.info.citation and train.info.license == "cc-by-4.0"


def test_splits_share_no_cat_and_no_picture(splits):
    train, test = (set(as_rows(splits[name])) for name in ("train", "test"))
    assert len(train) == cats.SPLITS["train"] and not train & test
    pictures = {cats.compose(cat).tobytes() for cat in train}
    assert len(pictures) < len(train), "different cats look the same"
    assert not any(cats.compose(cat).tobytes() in pictures for cat in test)


def test_rows_are_what_compose_draws(splits):
    for split in splits.values():
        for row in (0, 7, len(split) - 1):
            example = split[row]
            cat = tuple(example[layer] for layer in cats.LAYERS)
            assert np.array_equal(np.asarray(example["image"]), cats.compose(cat))


def test_choice_is_deterministic_by_seed(world):
    one, again = cats.choose("test", seed=1), cats.choose.__wrapped__("test", seed=1)
    assert one == again and one != cats.choose("test", seed=2)


def test_cats_stand_on_white_and_differ():
    a, b = cats.compose((0, 0, 0, 0, 0)), cats.compose((1, 0, 0, 0, 0))
    assert a.shape == (32, 32, 3) and (a[0, -1] > 250).all()
    rmse = np.sqrt(((a.astype(float) - b) ** 2).mean())
    assert rmse > 15  # the body is the largest difference there is
    assert cats.compose((0, 0, 0, 0, 0), resolution=64).shape == (64, 64, 3)


def test_unknown_split_is_refused():
    with pytest.raises(ValueError, match="train, test"):
        cats.load("validation")


def test_all_cats_are_composed_in_order(monkeypatch):
    few = (2, 2, 3, 1, 2)
    monkeypatch.setattr(cats, "counts", lambda: few)
    everyone = list(cats.compose_all())
    assert len(everyone) == np.prod(few)
    for place in (0, 5, 23):
        cat = tuple(int(i) for i in np.unravel_index(place, few))
        assert np.array_equal(everyone[place], cats.compose(cat))
    second_half = list(cats.compose_all(prefix=(1,)))
    assert np.array_equal(second_half, everyone[12:])
