"""The `cats` data set: 360,000 cats, composed from five layers of drawings.

The drawings are by David Revoy, CC-BY-4.0. They are read from the PyPI package `robohash` (set 4)
and never copied here. Every cat is one of 15 bodies × 10 furs × 15 eyes × 10 mouths × 16
accessories, so that a generated cat can be compared with all of them.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice
from typing import Any

import numpy as np
from datasets import ClassLabel, Dataset, DatasetInfo, Features, Image
from numpy.typing import NDArray
from PIL import Image as Pillow

LAYERS = ("body", "fur", "eyes", "mouth", "accessory")
SPLITS = {"train": 20_000, "test": 2_000}
LICENSE = "cc-by-4.0"
ATTRIBUTION = (
    "Cat art by [David Revoy](https://www.peppercarrot.com), "
    "[CC-BY-4.0](https://creativecommons.org/licenses/by/4.0/), from the RoboHash package (set 4), "
    "composed at random and scaled down."
)

Cat = tuple[int, ...]
"""The index of the drawing used for each of `LAYERS`."""


@cache
def _drawings() -> tuple[tuple[Traversable, ...], ...]:
    """The files of the drawings, by layer, from the lowest to the topmost layer."""
    folders = (files("robohash") / "sets" / "set4").iterdir()
    lowest_first = sorted((f for f in folders if f.is_dir()), key=lambda f: f.name.split("#"))
    return tuple(
        tuple(
            sorted((f for f in folder.iterdir() if f.name.endswith(".png")), key=lambda f: f.name)
        )
        for folder in lowest_first
    )


def counts() -> tuple[int, ...]:
    """How many drawings each of `LAYERS` has: (15, 10, 15, 10, 16)."""
    return tuple(len(layer) for layer in _drawings())


@cache
def _scaled(layer: int, drawing: int, size: int) -> Pillow.Image:
    """One drawing in RGBA, size × size."""
    with _drawings()[layer][drawing].open("rb") as file:
        image = Pillow.open(file).convert("RGBA")
    return image.resize((size, size), Pillow.Resampling.LANCZOS)


def compose(cat: Cat, resolution: int = 32) -> NDArray[np.uint8]:
    """The image of a cat on white: (resolution, resolution, 3), 0..255.

    Composed at twice the size, then scaled down.
    """
    image = Pillow.new("RGBA", (2 * resolution, 2 * resolution), "white")
    for layer, drawing in enumerate(cat):
        image.alpha_composite(_scaled(layer, drawing, 2 * resolution))
    return _halved(image)


def _halved(image: Pillow.Image) -> NDArray[np.uint8]:
    half = (image.width // 2, image.height // 2)
    return np.asarray(image.convert("RGB").resize(half, Pillow.Resampling.LANCZOS))


def compose_all(resolution: int = 32, prefix: Cat = ()) -> Iterator[NDArray[np.uint8]]:
    """The images of all 360,000 cats, the last layer varying fastest, bit-equal to `compose`'s.

    prefix: only the cats with these first layers. Layers that cats share are composed once.
    """

    def stacked(below: Pillow.Image, layer: int) -> Iterator[NDArray[np.uint8]]:
        if layer == len(LAYERS):
            yield _halved(below)
            return
        for drawing in prefix[layer : layer + 1] or range(counts()[layer]):
            image = below.copy()
            image.alpha_composite(_scaled(layer, drawing, 2 * resolution))
            yield from stacked(image, layer + 1)

    return stacked(Pillow.new("RGBA", (2 * resolution, 2 * resolution), "white"), 0)


@cache
def choose(split: str, seed: int = 0, resolution: int = 32) -> list[Cat]:
    """The cats of a split, a function of the arguments.

    Train and test share no cat and no image: some cats look the same, because their fur or mouth is
    hidden.
    """
    order = np.random.default_rng(seed).permutation(int(np.prod(counts())))
    cats = [tuple(map(int, cat)) for cat in zip(*np.unravel_index(order, counts()), strict=True)]
    train, others = cats[: SPLITS["train"]], cats[SPLITS["train"] :]
    if split == "train":
        return train
    seen = {compose(cat, resolution).tobytes() for cat in train}
    unseen = (cat for cat in others if compose(cat, resolution).tobytes() not in seen)
    return list(islice(unseen, SPLITS[split]))


def _rows(split: str, seed: int, resolution: int) -> Iterator[dict[str, Any]]:
    for cat in choose(split, seed, resolution):
        image = Pillow.fromarray(compose(cat, resolution))
        yield {"image": image, **dict(zip(LAYERS, cat, strict=True))}


def load(
    split: str = "train", resolution: int = 32, seed: int = 0, cache_dir: str | None = None
) -> Dataset:
    """A split as a data set: the column `image`, and a class label for each of `LAYERS`.

    Composed once for each seed (about 20 s), then read from the cache of `datasets`. Raises
    ValueError for a split other than train and test.
    """
    if split not in SPLITS:
        raise ValueError(f"The cats have the splits {', '.join(SPLITS)}; got {split!r}.")
    labels = {
        layer: ClassLabel(names=[drawing.name.split("#")[1][:-4] for drawing in drawings])
        for layer, drawings in zip(LAYERS, _drawings(), strict=True)
    }
    made = Dataset.from_generator(
        _rows,
        features=Features({"image": Image(), **labels}),
        cache_dir=cache_dir,
        gen_kwargs={"split": split, "seed": seed, "resolution": resolution},
    )
    made.info.update(DatasetInfo(license=LICENSE, citation=ATTRIBUTION))
    return made
