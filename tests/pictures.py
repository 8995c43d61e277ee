"""Pictures of random pixels, and data sets of them."""

import io

import datasets
import numpy as np
from PIL import Image


def picture(mode="RGB", size=(8, 8), seed=0):
    channels = len(Image.new(mode, (1, 1)).getbands())
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (size[1], size[0], channels), dtype=np.uint8)
    return Image.fromarray(pixels.squeeze(), mode)


def dataset_of(pictures, column="image"):
    encoded = []
    for p in pictures:
        if isinstance(p, Image.Image):
            file = io.BytesIO()
            p.save(file, "PNG")
            p = file.getvalue()
        encoded.append(p and {"bytes": p, "path": None})  # None: an empty cell
    features = datasets.Features({column: datasets.Image(), "label": datasets.Value("int64")})
    rows = {column: encoded, "label": list(range(len(encoded)))}
    return datasets.Dataset.from_dict(rows, features=features)
