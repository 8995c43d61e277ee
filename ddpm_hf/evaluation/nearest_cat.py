"""Which cat is it? The nearest of all 360,000, found exactly: the exact check of the `cats`."""

import hashlib
import itertools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from datasets import config as datasets_config
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from ddpm_hf.data import cats

Pixels = NDArray[np.uint8]
BLOCK, COPIES = 4000, 200
"""Real cats compared at once; training cats by which it is told how sure "novel" is."""
EXACT = 1024
"""This many products of whole numbers up to 128 add up to 2²⁴ at most: exact in float32."""


class Decoded(NamedTuple):
    """place: the nearest cat's, in `compose_all`; the first of those that look the same.

    rmse: its distance, root mean square over pixels and channels, in grey levels. Both (n,).
    """

    place: NDArray[np.int64]
    rmse: NDArray[np.float64]


def _with_body(resolution: int, path: str, body: int) -> None:
    """Write the pictures of all cats with this body to their place in the file."""
    everyone = np.load(path, mmap_mode="r+")
    each = len(everyone) // cats.counts()[0]
    for i, picture in enumerate(cats.compose_all(resolution, (body,))):
        everyone[body * each + i] = picture.reshape(-1)


def all_cats(resolution: int) -> Pixels:
    """All pictures in the order of `cats.compose_all`: (360000, resolution² · 3), read from a file.

    Composed by all cores at the first time (about two minutes), then kept where `datasets` keeps
    its own; 1.1 GB at resolution 32.
    """
    folder = Path(datasets_config.HF_DATASETS_CACHE) / "ddpm_hf-cats"
    path = folder / f"all-{resolution}-robohash-{version('robohash')}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".tmp.npy")
        bodies = cats.counts()[0]
        shape = (int(np.prod(cats.counts())), resolution**2 * 3)
        np.lib.format.open_memmap(aside, "w+", np.uint8, shape)
        # Spawned: a fork would inherit PyTorch's threads half-way through their work.
        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            work = pool.map(partial(_with_body, resolution, str(aside)), range(bodies))
            for _ in tqdm(work, total=bodies, desc="Composing all cats", unit="body"):
                pass
        aside.replace(path)
    everyone: Pixels = np.load(path, mmap_mode="r")
    return everyone


def _centred(pixels: Pixels) -> Tensor:
    return torch.tensor(pixels, dtype=torch.float32) - 128


def _products(x: Tensor, y: Tensor) -> Tensor:
    """x @ y.T of whole numbers in −128..127, exact: int32, (len(x), len(y))."""
    parts = zip(torch.split(x, EXACT, dim=1), torch.split(y, EXACT, dim=1), strict=True)
    return torch.stack([(a @ b.T).int() for a, b in parts]).sum(0, dtype=torch.int32)


def _squares(x: Tensor) -> Tensor:
    """|x|² of rows of such numbers, exact: int32, (len(x),)."""
    parts = [part.square().sum(1).int() for part in torch.split(x, EXACT, dim=1)]
    return torch.stack(parts).sum(0, dtype=torch.int32)


class Decoder:
    """Reads off a picture which cat it shows."""

    def __init__(self, resolution: int = 32) -> None:
        self.resolution = resolution
        self.everyone = all_cats(resolution)
        seen: dict[bytes, int] = {}
        rows = enumerate(map(self._fingerprint, self.everyone))
        same = [seen.setdefault(print_, i) for i, print_ in rows]
        self.first = np.array(same)
        """For each cat the first that looks the same: some furs and mouths leave no mark."""
        self._alike = np.bincount(self.first, minlength=len(same))
        self._known: NDArray[np.bool_] = np.zeros(len(same), bool)
        for cat in cats.choose("train", 0, resolution):
            self._known[self.first[np.ravel_multi_index(cat, cats.counts())]] = True

    @staticmethod
    def _fingerprint(picture: Pixels) -> bytes:
        return hashlib.blake2b(picture.tobytes(), digest_size=16).digest()

    def nearest(self, pictures: Pixels) -> Decoded:
        """For pictures (n, resolution, resolution, 3): the nearest cat of all."""
        x = _centred(pictures.reshape(len(pictures), -1))
        best = torch.full((len(x),), torch.iinfo(torch.int32).max, dtype=torch.int32)
        places = torch.zeros(len(x), dtype=torch.long)
        for start in tqdm(range(0, len(self.everyone), BLOCK), desc="Comparing", unit="block"):
            y = _centred(self.everyone[start : start + BLOCK])
            # |x − y|² = |x|² − 2x·y + |y|²; |x|² is the same for every y.
            score, at = (_squares(y) - 2 * _products(x, y)).min(1)
            closer = score < best
            best = torch.where(closer, score, best)
            places = torch.where(closer, at + start, places)
        squares = (_squares(x) + best).double()
        return Decoded(places.numpy(), (squares / x.shape[1]).sqrt().numpy())

    def novel(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a cat's picture is not in the training split."""
        novel: NDArray[np.bool_] = ~self._known[self.first[places]]
        return novel

    def share_of_novel(self) -> float:
        """Of all cats, those whose picture is not in the training split: a perfect generator's."""
        return float(self.novel(np.arange(len(self.first))).mean())

    def composition(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """How often each cat occurs among these: shape `cats.counts()`, sum 1.

        What looks the same shares its weight equally.
        """
        found = np.bincount(self.first[places], minlength=len(self.first))
        shares: NDArray[np.float64] = (found / np.maximum(self._alike, 1))[self.first]
        return shares.reshape(cats.counts()) / len(places)

    def total_variation(self, places: NDArray[np.int64]) -> dict[str, float]:
        """½·Σ|p − q| between these cats and all, for each attribute and each pair of them."""
        found, layers = self.composition(places), range(len(cats.LAYERS))
        result = {}
        for kept in [(i,) for i in layers] + list(itertools.combinations(layers, 2)):
            p = found.sum(tuple(i for i in layers if i not in kept))
            name = " × ".join(cats.LAYERS[i] for i in kept)
            result[name] = float(np.abs(p - 1 / p.size).sum() / 2)
        return result

    def floor_of_total_variation(self, n: int, seed: int) -> dict[str, float]:
        """What n real cats score, chosen at random: the mean over twenty draws."""
        rng = np.random.default_rng(seed)
        each = [self.total_variation(rng.integers(0, len(self.first), n)) for _ in range(20)]
        return {name: float(np.mean([draw[name] for draw in each])) for name in each[0]}


READABLE = ("body", "eyes", "accessory")
"""The attributes that leave a mark on every cat."""


def distance_to_neighbours(resolution: int, n: int = 3000) -> NDArray[np.float64]:
    """How far a real cat is from the same cat with another body, other eyes or accessory.

    RMSE in grey levels of n such pairs, always the same.
    """
    rng, pairs = np.random.default_rng(0), []
    for _ in range(n):
        cat = [int(rng.integers(count)) for count in cats.counts()]
        other, layer = list(cat), cats.LAYERS.index(READABLE[rng.integers(len(READABLE))])
        other[layer] = (cat[layer] + int(rng.integers(1, cats.counts()[layer]))) % cats.counts()[
            layer
        ]
        pairs.append(
            [cats.compose(tuple(which), resolution).astype(float) for which in (cat, other)]
        )
    one, two = np.array(pairs).swapaxes(0, 1)
    apart: NDArray[np.float64] = np.sqrt(np.square(one - two).mean((1, 2, 3)))
    return apart


def valid_threshold(resolution: int) -> float:
    """How many grey levels off a real cat a picture may be, and count as valid.

    99 of 100 changes of body, eyes or accessory move a real cat farther than this.
    """
    return float(np.quantile(distance_to_neighbours(resolution), 0.01))


def noised(cats_: Pixels, std: float, seed: int) -> Pixels:
    """Pictures with Gaussian noise; std in grey levels."""
    noise = np.random.default_rng(seed).normal(0, std, cats_.shape)
    return (cats_ + noise).round().clip(0, 255).astype(np.uint8)


def measure(decoder: Decoder, pictures: Pixels, seed: int) -> tuple[dict[str, Any], Decoded]:
    """Figures for pictures (n, resolution, resolution, 3), and the cats found."""
    found = decoder.nearest(pictures)
    places, rmse = found
    median = float(np.median(rmse))
    training = cats.choose("train", 0, decoder.resolution)[:COPIES]
    drawn = np.stack([cats.compose(cat, decoder.resolution) for cat in training])
    copies = decoder.nearest(noised(drawn, median, seed)).place
    threshold = valid_threshold(decoder.resolution)
    valid = rmse <= threshold
    n = len(places)
    figures = {
        "n": n,
        "median_rmse": median,
        "p95_rmse": float(np.quantile(rmse, 0.95)),
        "share_within_8": float((rmse <= 8).mean()),
        "valid_threshold": threshold,
        "share_valid": float(valid.mean()),
        "share_novel_of_valid": float(decoder.novel(places[valid]).mean()) if valid.any() else None,
        "share_novel_of_all_cats": decoder.share_of_novel(),
        "share_novel_of_noised_training_cats": float(decoder.novel(copies).mean()),
        "total_variation": decoder.total_variation(places),
        "total_variation_floor": decoder.floor_of_total_variation(n, seed),
    }
    return figures, found
