"""Every string of the demo, in English and Chinese: the `strings.py` of all views, together."""

from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import gradio as gr
from gradio.context import LocalContext

from ddpm_hf.demo import strings as around
from ddpm_hf.demo.service import strings as service
from ddpm_hf.demo.views.bayes import strings as bayes
from ddpm_hf.demo.views.edit import strings as edit
from ddpm_hf.demo.views.equations import strings as equations
from ddpm_hf.demo.views.forward import strings as forward
from ddpm_hf.demo.views.generate import strings as generate
from ddpm_hf.demo.views.jump import strings as jump
from ddpm_hf.demo.views.noise import strings as noise
from ddpm_hf.demo.views.schedule import strings as schedule
from ddpm_hf.demo.views.training import strings as training

STRINGS: tuple[ModuleType, ...] = (
    around,
    service,
    generate,
    forward,
    jump,
    edit,
    bayes,
    noise,
    schedule,
    training,
    equations,
)
"""The modules with `EN` and `ZH`; the views in the order of their tabs."""
EN: dict[str, str] = {key: text for module in STRINGS for key, text in module.EN.items()}
ZH: dict[str, str] = {key: text for module in STRINGS for key, text in module.ZH.items()}

LATEX = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
"""The delimiters of formulas in `gr.Markdown`."""

i18n = gr.I18n(en=EN, **{"zh-CN": ZH, "zh-TW": ZH})
"""Translates in the page, by the browser's language: `i18n("generate_seed")`."""


def spoken(request: Any, key: str, **values: object) -> str:
    """A message from the server, in the language of the page, or of a caller's own headers.

    request: None stands for the request that is being answered, if there is one.
    """
    request = request or LocalContext.request.get(None)
    headers = request.headers if request else {}
    try:
        page = parse_qs(urlsplit(headers.get("referer", "")).query)
    except ValueError:  # not an address
        page = {}
    asked = page.get("lang", [headers.get("accept-language", "")])[0].lower()
    return (ZH if asked.startswith("zh") else EN)[key].format(**values)
