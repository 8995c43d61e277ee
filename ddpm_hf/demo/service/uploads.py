"""Pictures that callers of the API send."""

from pathlib import Path
from typing import BinaryIO

import gradio as gr
from PIL import Image, ImageOps

from ddpm_hf.data.images import DEEP_MODES, to_255
from ddpm_hf.demo.service.limits import refusal

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_MEGABYTES = 10
MAX_MEGAPIXELS = 25


def read_picture(file: str | Path | BinaryIO, request: gr.Request | None = None) -> Image.Image:
    """The picture in a file, upright, as RGB: the first frame, on white where it is transparent.

    Size and format are checked by the file's header, before anything is decoded. Raises gr.Error,
    one sentence in the browser's language.
    """
    with Path(file).open("rb") if isinstance(file, str | Path) else file as opened:
        if opened.seek(0, 2) > MAX_MEGABYTES * 2**20:
            raise refusal(request, "limits_file_too_many_bytes", limit=MAX_MEGABYTES)
        opened.seek(0)
        try:
            picture = Image.open(opened, formats=FORMATS)
            if picture.width * picture.height > MAX_MEGAPIXELS * 1e6:
                raise Image.DecompressionBombError
            return _rgb(ImageOps.exif_transpose(picture))
        except Image.DecompressionBombError:
            raise refusal(request, "limits_file_too_many_pixels", limit=MAX_MEGAPIXELS) from None
        except Exception:  # Pillow raises almost anything for broken files
            raise refusal(request, "limits_file_unreadable") from None


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode in DEEP_MODES:
        return Image.fromarray(to_255(picture)).convert("L").convert("RGB")
    if picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
    return picture.convert("RGB")
