import gzip
import io
import shutil
import socket
from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image

FASHION = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(scope="session")
def fashion(tmp_path_factory):
    """1,000 pictures of Fashion-MNIST as a local parquet data set: grey, column `img`."""
    if not FASHION.is_dir():
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    folder = tmp_path_factory.mktemp("fashion")
    with gzip.open(FASHION / "train-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(FASHION / "train-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)

    def rows():
        for picture, label in zip(pixels[:1000], labels[:1000], strict=True):
            png = io.BytesIO()
            Image.fromarray(picture).save(png, "PNG")
            yield {"img": {"bytes": png.getvalue(), "path": None}, "label": int(label)}

    features = datasets.Features({"img": datasets.Image(), "label": datasets.Value("int64")})
    made = datasets.Dataset.from_list(list(rows()), features=features)
    made.to_parquet(folder / "train.parquet")
    return folder


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed (Debian's package: chromium)")
    return path


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
