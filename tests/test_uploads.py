"""What visitors send: read right, or refused in one sentence before anything is decoded."""

import contextlib
import io
import resource
import struct
import zlib
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ddpm_hf.demo.service.uploads import FORMATS, MAX_MEGABYTES, read_picture

RED, BLUE = (255, 0, 0), (0, 0, 255)


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def read(data):
    return read_picture(io.BytesIO(data))


def halves(mode="RGB"):
    """Red above, blue below, 12 wide and 8 high."""
    image = Image.new("RGB", (12, 8), RED)
    image.paste(BLUE, (0, 4, 12, 8))
    return image.convert(mode)


def png_that_claims(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_read(kind):
    picture = read(encoded(halves(), kind))
    assert picture.mode == "RGB" and picture.size == (12, 8)
    top, bottom = np.asarray(picture)[0, 3], np.asarray(picture)[-1, 3]
    for seen, colour in ((top, RED), (bottom, BLUE)):
        assert np.abs(seen - np.array(colour)).max() < 40  # JPEG mixes the colours of neighbours


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "I", "F"])
def test_every_mode_becomes_rgb(mode):
    shape = halves("L" if mode in ("I", "F") else "RGB").convert(mode)
    kind = {"CMYK": "TIFF", "F": "TIFF", "I": "TIFF", "YCbCr": "JPEG"}.get(mode, "PNG")
    picture = read(encoded(shape, kind))
    assert picture.mode == "RGB" and picture.size == (12, 8)


def test_cmyk_keeps_its_colours():
    data = encoded(halves("CMYK"), "JPEG", quality=95)
    top = np.asarray(read(data))[0, 3]
    assert top[0] > 200 and top[1:].max() < 60


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_brightness(kind):
    grey = Image.fromarray(np.array([[0, 128 * 257, 65535]], dtype=np.uint16))
    assert np.asarray(read(encoded(grey, kind)))[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    ("values", "seen"),
    [([0, 0.8, 1], [0, 204, 255]), ([0, 200, 255], [0, 200, 255]), (None, None)],
)
def test_grey_that_is_no_integer_keeps_its_shades(values, seen):
    if values is None:
        with pytest.raises(gr.Error, match="can't be read as a picture"):
            read(encoded(Image.fromarray(np.array([[-1, 4000]], np.float32)), "TIFF"))
        return
    grey = Image.fromarray(np.array([values], np.float32))
    assert np.asarray(read(encoded(grey, "TIFF")))[0, :, 0].tolist() == seen


def test_exif_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side: to be turned a quarter, clockwise
    picture = read(encoded(halves(), "JPEG", exif=exif, quality=95))
    assert picture.size == (8, 12)
    assert np.asarray(picture)[6, 7, 0] > 200  # what was above is right


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame(kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    assert np.abs(np.asarray(read(data))[4, 4] - np.array(RED)).max() < 8


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(mode):
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    options = {"transparency": 0} if mode == "P" else {}
    data = encoded(clear.convert(mode), "PNG", **options)
    assert (np.asarray(read(data)) == 255).all()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
PNG = encoded(halves(), "PNG")
UNREADABLE = {
    "nothing": b"",
    "zeros": bytes(100),
    "svg": SVG,
    "html": b"<!doctype html><script>alert(1)</script>",
    "png head, html body": PNG[:8] + b"<html><script>alert(1)</script>",
    "truncated": encoded(Image.effect_noise((64, 64), 50), "PNG")[:-900],
    "truncated jpeg": encoded(Image.effect_noise((64, 64), 50), "JPEG")[:-900],
    "one bit flipped": PNG[:-20] + bytes([PNG[-20] ^ 1]) + PNG[-19:],
    "a format that is not allowed": encoded(halves(), "PPM"),
    "an icon": encoded(halves(), "ICO"),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_picture_is_refused(name):
    with pytest.raises(gr.Error, match="can't be read as a picture"):
        read(UNREADABLE[name])


def test_a_large_file_is_refused():
    with pytest.raises(gr.Error, match="too large; take one of at most 10 MB"):
        read(PNG + bytes(MAX_MEGABYTES * 2**20))


def animation_that_claims(width, height):
    """A WebP whose canvas is larger than its frames."""
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    data = bytearray(encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]))
    data[24:27], data[27:30] = ((n - 1).to_bytes(3, "little") for n in (width, height))
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        png_that_claims(60_000, 60_000),  # beyond Pillow's own bound, too
        png_that_claims(9_000, 9_000),
        animation_that_claims(16_000, 16_000),
        encoded(Image.new("1", (30_000, 900)), "TIFF", compression="group4"),
        encoded(Image.new("L", (30_000, 900)), "GIF"),
    ],
    ids=["bomb", "png", "webp", "tiff", "gif"],
)
def test_many_pixels_are_refused_before_they_are_decoded(data):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(gr.Error, match="too many pixels; take one of at most 25 MP"):
        read(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # Pillow's, about the damage
@given(st.sampled_from(FORMATS), st.data())
@settings(max_examples=150)
def test_damage_is_read_or_refused(kind, data):
    file = bytearray(encoded(halves("P" if kind == "GIF" else "RGB"), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(gr.Error):
        assert read(bytes(file)).mode == "RGB"


def test_a_refusal_speaks_the_readers_language():
    chinese = SimpleNamespace(headers={"accept-language": "zh-CN,zh;q=0.9"})
    with pytest.raises(gr.Error, match="无法将此文件读作图像"):
        read_picture(io.BytesIO(SVG), chinese)
