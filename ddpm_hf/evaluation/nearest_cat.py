"""Which cat does an image show? An exact nearest-neighbour search among all 360,000 cats."""

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
BLOCK, NOISED_CATS = 4000, 200
"""Cats compared at once; training cats that are noised to measure how reliable "novel" is."""
EXACT = 1024
"""A sum of this many products of integers up to 128 is at most 2²⁴: exact in float32."""


class NearestCats(NamedTuple):
    """indices: of the nearest cats, in `compose_all`; of equal images the first.

    rmse: root mean square error over pixels and channels, in grey levels. Both (n,).
    """

    indices: NDArray[np.int64]
    rmse: NDArray[np.float64]


def _compose_body(resolution: int, path: str, body: int) -> None:
    """Write the images of all cats with this body into their rows of the file."""
    pixels = np.load(path, mmap_mode="r+")
    per_body = len(pixels) // cats.counts()[0]
    for i, image in enumerate(cats.compose_all(resolution, (body,))):
        pixels[body * per_body + i] = image.reshape(-1)


def all_cats(resolution: int) -> Pixels:
    """All images in the order of `cats.compose_all`: (360000, resolution² · 3), memory-mapped.

    The first time, all cores compose them (about two minutes); then they stay in the cache of
    `datasets`, 1.1 GB at resolution 32.
    """
    folder = Path(datasets_config.HF_DATASETS_CACHE) / "ddpm_hf-cats"
    path = folder / f"all-{resolution}-robohash-{version('robohash')}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp.npy")
        bodies = cats.counts()[0]
        shape = (int(np.prod(cats.counts())), resolution**2 * 3)
        np.lib.format.open_memmap(temporary, "w+", np.uint8, shape)
        # Spawned, because a fork would inherit PyTorch's threads in the middle of their work.
        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            work = pool.map(partial(_compose_body, resolution, str(temporary)), range(bodies))
            for _ in tqdm(work, total=bodies, desc="Composing all cats", unit="body"):
                pass
        temporary.replace(path)
    pixels: Pixels = np.load(path, mmap_mode="r")
    return pixels


def _centred(pixels: Pixels) -> Tensor:
    return torch.tensor(pixels, dtype=torch.float32) - 128


def _products(x: Tensor, y: Tensor) -> Tensor:
    """x @ y.T of integers in −128..127, exact: int32, (len(x), len(y))."""
    parts = zip(torch.split(x, EXACT, dim=1), torch.split(y, EXACT, dim=1), strict=True)
    return torch.stack([(a @ b.T).int() for a, b in parts]).sum(0, dtype=torch.int32)


def _squares(x: Tensor) -> Tensor:
    """|x|² of each row of such integers, exact: int32, (len(x),)."""
    parts = [part.square().sum(1).int() for part in torch.split(x, EXACT, dim=1)]
    return torch.stack(parts).sum(0, dtype=torch.int32)


class CatIndex:
    """All cats at one resolution, to find the nearest one to an image exactly."""

    def __init__(self, resolution: int = 32) -> None:
        self.resolution = resolution
        self.pixels = all_cats(resolution)
        first_seen: dict[bytes, int] = {}
        digests = enumerate(map(self._digest, self.pixels))
        same = [first_seen.setdefault(digest, i) for i, digest in digests]
        self.canonical = np.array(same)
        """For each cat the first with an equal image: some furs and mouths are hidden."""
        self._copies = np.bincount(self.canonical, minlength=len(same))
        self._in_training: NDArray[np.bool_] = np.zeros(len(same), bool)
        for cat in cats.choose("train", 0, resolution):
            self._in_training[self.canonical[np.ravel_multi_index(cat, cats.counts())]] = True

    @staticmethod
    def _digest(image: Pixels) -> bytes:
        return hashlib.blake2b(image.tobytes(), digest_size=16).digest()

    def nearest(self, images: Pixels) -> NearestCats:
        """The cats nearest to images (n, resolution, resolution, 3)."""
        x = _centred(images.reshape(len(images), -1))
        best = torch.full((len(x),), torch.iinfo(torch.int32).max, dtype=torch.int32)
        indices = torch.zeros(len(x), dtype=torch.long)
        for start in tqdm(range(0, len(self.pixels), BLOCK), desc="Comparing", unit="block"):
            y = _centred(self.pixels[start : start + BLOCK])
            # |x − y|² = |x|² − 2x·y + |y|²; |x|² is the same for every y.
            score, at = (_squares(y) - 2 * _products(x, y)).min(1)
            closer = score < best
            best = torch.where(closer, score, best)
            indices = torch.where(closer, at + start, indices)
        squares = (_squares(x) + best).double()
        return NearestCats(indices.numpy(), (squares / x.shape[1]).sqrt().numpy())

    def is_novel(self, indices: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether the training split does not contain the image of a cat: (n,)."""
        novel: NDArray[np.bool_] = ~self._in_training[self.canonical[indices]]
        return novel

    def novel_share(self) -> float:
        """The share of novel images among all cats, which a perfect generator would reach."""
        return float(self.is_novel(np.arange(len(self.canonical))).mean())

    def frequencies(self, indices: NDArray[np.int64]) -> NDArray[np.float64]:
        """The relative frequency of every cat among these: shape `cats.counts()`, sum 1.

        Cats with equal images share their frequency equally.
        """
        found = np.bincount(self.canonical[indices], minlength=len(self.canonical))
        shares: NDArray[np.float64] = (found / np.maximum(self._copies, 1))[self.canonical]
        return shares.reshape(cats.counts()) / len(indices)

    def total_variation(self, indices: NDArray[np.int64]) -> dict[str, float]:
        """½·Σ|p − q| between these cats and all, for each attribute and each pair of attributes."""
        found, layers = self.frequencies(indices), range(len(cats.LAYERS))
        result = {}
        for kept in [(i,) for i in layers] + list(itertools.combinations(layers, 2)):
            p = found.sum(tuple(i for i in layers if i not in kept))
            name = " × ".join(cats.LAYERS[i] for i in kept)
            result[name] = float(np.abs(p - 1 / p.size).sum() / 2)
        return result

    def total_variation_floor(self, n: int, seed: int) -> dict[str, float]:
        """The total variation of n random real cats, averaged over twenty draws."""
        rng = np.random.default_rng(seed)
        each = [self.total_variation(rng.integers(0, len(self.canonical), n)) for _ in range(20)]
        return {name: float(np.mean([draw[name] for draw in each])) for name in each[0]}


ALWAYS_VISIBLE = ("body", "eyes", "accessory")
"""The attributes that show on every cat."""


def distance_to_neighbours(resolution: int, n: int = 3000) -> NDArray[np.float64]:
    """RMSE in grey levels between n real cats and the same cats with one visible attribute changed.

    The pairs are random, but the same at every call.
    """
    rng, counts, pairs = np.random.default_rng(0), cats.counts(), []
    for _ in range(n):
        cat = [int(rng.integers(count)) for count in counts]
        other, layer = (
            list(cat),
            cats.LAYERS.index(ALWAYS_VISIBLE[rng.integers(len(ALWAYS_VISIBLE))]),
        )
        other[layer] = (cat[layer] + int(rng.integers(1, counts[layer]))) % counts[layer]
        pairs.append(
            [cats.compose(tuple(which), resolution).astype(float) for which in (cat, other)]
        )
    one, two = np.array(pairs).swapaxes(0, 1)
    distances: NDArray[np.float64] = np.sqrt(np.square(one - two).mean((1, 2, 3)))
    return distances


def valid_threshold(resolution: int) -> float:
    """The RMSE to the nearest real cat, in grey levels, up to which an image counts as valid.

    99 of 100 changes of a visible attribute move a real cat farther than this.
    """
    return float(np.quantile(distance_to_neighbours(resolution), 0.01))


def add_noise(images: Pixels, std: float, seed: int) -> Pixels:
    """Images with Gaussian noise; std in grey levels."""
    noise = np.random.default_rng(seed).normal(0, std, images.shape)
    return (images + noise).round().clip(0, 255).astype(np.uint8)


def measure(index: CatIndex, images: Pixels, seed: int) -> tuple[dict[str, Any], NearestCats]:
    """The figures for images (n, resolution, resolution, 3), and their nearest cats."""
    found = index.nearest(images)
    indices, rmse = found
    median = float(np.median(rmse))
    training = cats.choose("train", 0, index.resolution)[:NOISED_CATS]
    composed = np.stack([cats.compose(cat, index.resolution) for cat in training])
    noised = index.nearest(add_noise(composed, median, seed)).indices
    threshold = valid_threshold(index.resolution)
    valid = rmse <= threshold
    n = len(indices)
    figures = {
        "n": n,
        "median_rmse": median,
        "p95_rmse": float(np.quantile(rmse, 0.95)),
        "share_within_8": float((rmse <= 8).mean()),
        "valid_threshold": threshold,
        "share_valid": float(valid.mean()),
        "share_novel_of_valid": float(index.is_novel(indices[valid]).mean())
        if valid.any()
        else None,
        "share_novel_of_all_cats": index.novel_share(),
        "share_novel_of_noised_training_cats": float(index.is_novel(noised).mean()),
        "total_variation": index.total_variation(indices),
        "total_variation_floor": index.total_variation_floor(n, seed),
    }
    return figures, found
