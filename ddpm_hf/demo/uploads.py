"""Pictures that visitors send."""

from PIL import Image, ImageOps


def read_picture(path: str) -> Image.Image:
    """The picture in a file, upright, as RGB."""
    with Image.open(path) as file:
        return ImageOps.exif_transpose(file).convert("RGB")
