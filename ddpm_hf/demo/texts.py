"""Every word of the demo, in English and Chinese: what the views' `words.py` hold, together."""

import runpy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import gradio as gr
from gradio.context import LocalContext

# Run, not imported: a view's package takes `i18n` from here.
_WORDS = [runpy.run_path(str(path)) for path in sorted(Path(__file__).parent.rglob("words.py"))]
EN: dict[str, str] = {key: text for words in _WORDS for key, text in words["EN"].items()}
ZH: dict[str, str] = {key: text for words in _WORDS for key, text in words["ZH"].items()}

LATEX = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
"""What is a formula in `gr.Markdown`."""

i18n = gr.I18n(en=EN, **{"zh-CN": ZH, "zh-TW": ZH})
"""Translates in the page, by the browser's language: `i18n("generate_seed")`."""


def spoken(request: Any, key: str, **values: object) -> str:
    """A message from the server, in the language of the page, or of a caller's own headers.

    request: None is the one that is being answered, if any.
    """
    request = request or LocalContext.request.get(None)
    headers = request.headers if request else {}
    try:
        page = parse_qs(urlsplit(headers.get("referer", "")).query)
    except ValueError:  # it is no address
        page = {}
    asked = page.get("lang", [headers.get("accept-language", "")])[0].lower()
    return (ZH if asked.startswith("zh") else EN)[key].format(**values)
