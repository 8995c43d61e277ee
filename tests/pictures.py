"""Pictures of random pixels, files written to the byte, and data sets of them."""

import base64
import io
import struct
import zlib

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


def file_of(image, kind="PNG", **settings):
    """The bytes of the file that Pillow writes."""
    file = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(file, kind, **settings)
    return file.getvalue()


def pixels_of(file):
    """The pixels of a picture's file in base64."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(file))))


def tiff(values, *, photometric=None, extra=(), bits=None, data=None):
    """An uncompressed TIFF of (height, width) or (height, width, bands), tag by tag.

    photometric: 0 where 0 is white. extra: what ExtraSamples says of the bands beyond colour.
    """
    values = np.asarray(values)
    height, width, bands = (*values.shape, 1)[:3]
    data = data or values.astype(values.dtype.newbyteorder("<")).tobytes()
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    tags = {
        **{256: [width], 257: [height], 258: [bits or values.itemsize * 8] * bands, 259: [1]},
        **{262: [(1 if bands == 1 else 2) if photometric is None else photometric], 273: [8]},
        **{277: [bands], 278: [height], 279: [len(data)], 338: extra, 339: [kind] * bands},
    }
    tags = {tag: numbers for tag, numbers in tags.items() if numbers}
    data += bytes(len(data) % 2)
    first = 8 + len(data)
    entries, beyond = b"", b""
    for tag, numbers in tags.items():
        packed = struct.pack(f"<{len(numbers)}H", *numbers).ljust(4, b"\0")
        if len(packed) > 4:
            place = first + 2 + 12 * len(tags) + 4 + len(beyond)
            packed, beyond = struct.pack("<I", place), beyond + packed
        entries += struct.pack("<HHI", tag, 3, len(numbers)) + packed
    head = b"II*\0" + struct.pack("<I", first)
    return head + data + struct.pack("<H", len(tags)) + entries + bytes(4) + beyond


def png(rows, bits, colour=0, clear=()):
    """A PNG of these rows of bytes. clear: the value of tRNS that is transparent."""

    def chunk(kind, content):
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    width = len(rows[0]) * 8 // (bits * {0: 1, 2: 3}[colour])
    header = struct.pack(">IIBBBBB", width, len(rows), bits, colour, 0, 0, 0)
    clear = clear and chunk(b"tRNS", struct.pack(f">{len(clear)}H", *clear))
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = (chunk(b"IHDR", header), clear or b"", chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
