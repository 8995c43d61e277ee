"""Damaged files of every format that Pillow writes: a picture, or one sentence."""

import collections
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from ddpm_hf.data.cells import UnreadableError
from ddpm_hf.data.image_spec import ImageSpec
from tests.pictures import file_of, picture, png, tiff


def seeds():
    """28 whole files of 20 formats, some of several modes."""
    exif = Image.Exif()
    exif[274] = 6
    rgb, grey = picture(size=(16, 16)), picture("L", size=(16, 16))
    formats = ("AVIF", "BMP", "DDS", "DIB", "GIF", "ICO", "IM", "JPEG", "JPEG2000", "PCX")
    formats += ("PNG", "PPM", "QOI", "SGI", "TGA", "TIFF", "WEBP", "ICNS")
    for kind in formats:
        yield kind, file_of(rgb, kind)
    yield "JPEG turned", file_of(rgb, "JPEG", exif=exif)
    yield "PFM", file_of(grey.convert("F"), "PPM")
    yield "SPIDER", file_of(grey.convert("F"), "SPIDER")
    yield "BLP", file_of(rgb.convert("P"), "BLP")
    yield "MSP", file_of(rgb.convert("1"), "MSP")
    yield "XBM", file_of(rgb.convert("1"), "XBM")
    yield "PNG of 16 bits", png([bytes(range(16))] * 8, 16, clear=[1])
    yield "TIFF of floats", tiff(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8))
    yield "TIFF, LZW", file_of(rgb, "TIFF", compression="tiff_lzw")
    yield "GIF of frames", file_of(rgb, "GIF", save_all=True, append_images=[picture(seed=1)])


def damaged(content, rng):
    """Cut short, or with some bytes changed, set to an end of their range, left out or doubled."""
    content = bytearray(content)
    if rng.random() < 0.2:
        return bytes(content[: rng.integers(len(content))])
    for _ in range(rng.integers(1, 6)):
        place = int(rng.integers(min(len(content), 256) if rng.random() < 0.7 else len(content)))
        how = rng.integers(4)
        if how == 0:
            content[place] = rng.integers(256)
        elif how == 1:
            content[place : place + 4] = (b"\0" if rng.random() < 0.5 else b"\xff") * 4
        elif how == 2:
            del content[place]
        else:
            content[place:place] = content[place : place + 8]
    return bytes(content)


@pytest.mark.parametrize("cases", [280, pytest.param(10_000, marks=pytest.mark.soak)])
def test_a_damaged_file_is_a_picture_or_one_sentence(cases):
    whole = list(seeds())
    assert len(whole) == 28
    spec = ImageSpec("image", 8, 3, whites={"F": 255.0, "I": 255.0})
    rng, outcomes = np.random.default_rng(0), collections.Counter()
    for kind, content in whole:
        assert spec.read({"image": {"bytes": content, "path": kind}}).shape == (3, 8, 8), kind
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in range(cases):
            kind, content = whole[case % len(whole)]
            cell = {"bytes": damaged(content, rng), "path": kind}
            try:
                image = spec.read({"image": cell})
            except UnreadableError as error:
                assert str(error).startswith(f"{kind}: ") and "\n" not in str(error)
                outcomes[f"UnreadableError from {type(error.__cause__).__name__}"] += 1
            else:
                assert image.dtype == torch.uint8 and min(image.shape[1:]) == 8
                outcomes["picture"] += 1
    print(dict(outcomes.most_common()))
    assert sum(outcomes.values()) == cases
