"""Pictures that callers of the API send."""

from pathlib import Path
from typing import BinaryIO

import gradio as gr
from PIL import Image

from ddpm_hf.data.picture import likely_white, open_picture
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
            opened.seek(0)
            found = open_picture(opened.read(), FORMATS)
            white = likely_white(found.image.mode, found.extent()[1]) if found.deep else None
            return found.flat(3, white, "white")
        except Image.DecompressionBombError:
            raise refusal(request, "limits_file_too_many_pixels", limit=MAX_MEGAPIXELS) from None
        except Exception:  # Pillow raises almost anything for broken files
            raise refusal(request, "limits_file_unreadable") from None
