"""An image as stored in its file: its white, its transparency and its orientation."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, UnidentifiedImageError

from ddpm_hf.data.images import MODES

DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L")
"""Pillow's modes for grey values beyond 255, which Pillow would clip when it converts them."""
BITS, PHOTOMETRIC, ORIENTATION, BANDS, EXTRA_BANDS, SAMPLE_FORMAT = 258, 262, 274, 277, 338, 339
"""Tags of TIFF 6.0."""
UPRIGHT = dict(zip((2, 4, 8, 3, 6, 5, 7), Image.Transpose, strict=True))
"""What turns an image of this orientation upright. Pillow's own function also writes the EXIF
anew, and fails where that has a fraction with denominator 0."""
CLEAR_SCALES = {"L;2": 85, "L;4": 17, "RGB;16B": 1 / 256}
"""By what Pillow multiplies the values of such a PNG, but not the one that is transparent."""


def likely_white(mode: str, highest: float) -> float:
    """What is white in a mode whose files do not tell, by the highest value of all."""
    return 1.0 if mode == "F" and highest <= 1 else 255.0


@dataclass(frozen=True)
class Picture:
    """The first frame of a file, upright.

    white: the value of white in a deep mode, None where the file does not tell. negative: whether 0
    is white, and Pillow has left it so. unread: what of its bands is not read or not known.
    """

    image: Image.Image
    white: float | None = None
    negative: bool = False
    unread: str = ""

    @property
    def deep(self) -> bool:
        """Whether its values may be beyond 255."""
        return self.image.mode in DEEP_MODES

    def extent(self) -> tuple[float, float]:
        """The lowest and highest value of a deep mode. Raises ValueError if some are NaN or ∞."""
        values = np.asarray(self.image, dtype=np.float32)
        if not np.isfinite(values).all():
            raise ValueError("it has values that are not numbers")
        return float(values.min()), float(values.max())

    def _grey(self, white: float | None) -> NDArray[np.float32]:
        """The values of a deep mode, 0..255. Raises ValueError for values beyond black or white."""
        (low, high), white = self.extent(), self.white or white
        if white is None or not 0 <= low <= high <= white:
            raise ValueError(f"its values go from {low:g} to {high:g}, and white is {white}")
        values = np.asarray(self.image, dtype=np.float32)
        return (white - values if self.negative else values) * np.float32(255) / np.float32(white)

    def alpha(self) -> NDArray[np.uint8] | None:
        """How opaque each pixel is, 0..255: (height, width); None where all are."""
        if not self.image.has_transparency_data:
            return None
        if self.deep:
            alpha = (np.asarray(self.image) != self.image.info["transparency"]) * np.uint8(255)
        else:
            alpha = np.asarray(self.image.convert("RGBA").getchannel("A"))
        return None if alpha.min() == 255 else alpha

    def channels(self) -> int:
        """1 for grey, 4 if any pixel is transparent, else 3."""
        grey = self.deep or self.image.mode in ("1", "L", "LA")
        return 4 if self.alpha() is not None else 1 if grey else 3

    def flat(
        self, channels: int, white: float | None, background: str, *, keep_precision: bool = False
    ) -> Image.Image:
        """In the mode of `MODES`, on the background if that has no transparency.

        white: of a deep mode whose file does not tell. keep_precision: grey of a deep mode stays
        in floats, 0..255.
        """
        image, alpha = self.image, self.alpha()
        if self.deep:
            grey = self._grey(white)
            if alpha is not None and channels != 4:
                ground = np.float32(ImageColor.getrgb(background)[0])
                grey = ground + (grey - ground) * alpha.astype(np.float32) / np.float32(255)
            if keep_precision and channels == 1:
                return Image.fromarray(grey)
            image = Image.fromarray(grey.round().astype(np.uint8))
            if alpha is not None and channels == 4:
                image.putalpha(Image.fromarray(alpha))
        elif image.has_transparency_data and channels != 4:
            ground_image = Image.new("RGBA", image.size, background)
            image = Image.alpha_composite(ground_image, image.convert("RGBA"))
        return image.convert(MODES[channels])


def open_picture(content: bytes, formats: tuple[str, ...] | None = None) -> Picture:
    """The image in the bytes of a file. Raises whatever Pillow does for damaged ones."""
    image: Any = _identified(io.BytesIO(content), formats)
    tags = getattr(image, "tag_v2", {})
    scale = CLEAR_SCALES.get(image.tile[0].args) if image.format == "PNG" and image.tile else None
    image.load()
    if scale and "transparency" in image.info:
        clear = (np.array(image.info["transparency"]) * scale).astype(int).tolist()
        image.info["transparency"] = tuple(clear) if isinstance(clear, list) else clear
    turned = UPRIGHT.get(image.getexif().get(ORIENTATION, 1))
    upright = image if turned is None else image.transpose(turned)
    if image.mode == "L" and tags.get(SAMPLE_FORMAT) == (2,):  # Pillow takes −1 for 255
        upright = Image.fromarray(np.asarray(upright).view(np.int8).astype(np.int32))
    white = None
    if image.mode.startswith("I;16") or (image.mode, image.format) == ("I", "PPM"):
        white = 2.0 ** tags.get(BITS, (16,))[0] - 1
    negative = upright.mode in DEEP_MODES and tags.get(PHOTOMETRIC) == 0
    bands, unread = image.getbands(), ""
    if tags.get(BANDS, 1) > len(bands):
        unread = f"of {tags[BANDS]} bands only {', '.join(bands)} are read"
    elif image.mode == "RGBA" and tags and EXTRA_BANDS not in tags:
        unread = "its fourth band is taken for transparency, which the file does not say"
    return Picture(upright, white, negative, unread)


def _identified(file: io.BytesIO, formats: tuple[str, ...] | None) -> Image.Image:
    """The image that Pillow opens; where it knows the format but not the kind, with that reason."""
    try:
        return Image.open(file, formats=formats)
    except UnidentifiedImageError:
        for factory, accepts in (Image.OPEN[name] for name in formats or Image.ID):
            if accepts and accepts(file.getvalue()[:16]) is True:
                file.seek(0)
                factory(file, "")
        raise
