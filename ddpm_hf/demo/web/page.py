"""A piece of the page: a folder's `view.html`, `view.css` and `view.js`, and its strings."""

import hashlib
import json
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ddpm_hf.demo.web.modules import KEPT, ROOT, imported

SHARED_CSS = (Path(__file__).parent / "view.css").read_text()

_MOUNT = ".then((view) => view.mount({ element, props, trigger, watch }))"
_FETCH = """.then(async (view) => {
  const answer = await fetch(new URL(props.later, document.baseURI)), value = await answer.json();
  props.value ||= value;
  return view;
})"""
_LATER: dict[str, bytes] = {}
"""The values that pages fetch, by their addresses."""


async def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _LATER:
        raise HTTPException(404)
    return Response(_LATER[name], media_type="application/json", headers=KEPT)


ROUTE = Route("/values/{name}.json", _serve)
"""For the app's `routes`."""


def _kept(value: Any) -> str:
    content = json.dumps(value).encode()
    name = hashlib.sha256(content).hexdigest()[:12]
    _LATER[name] = content
    return f"values/{name}.json"  # by the suffix Gradio knows what to compress


Strings = dict[str, dict[str, str]]
"""The strings of a page script: {"en": {...}, "zh": {...}}."""


class Page(gr.HTML):
    """A view that lives in the browser: view.js exports `mount({element, props, trigger, watch})`.

    Its value is data for that module: any JSON object, which goes to the page as it is.
    """

    def __init__(
        self,
        folder: Path,
        strings: Strings,
        value: Any = None,
        script: Path | None = None,
        is_later: bool = False,
        **props: Any,
    ) -> None:
        """script: another view.js than the folder's.

        is_later: the value is not in the page, but fetched when the view is first opened.
        props: Gradio's own, such as `elem_id`, and any data that stays the same.
        """
        self.folder, self.first_value = folder, value
        self.module = (script or folder / "view.js").relative_to(ROOT).as_posix()
        if is_later:
            value, props["later"] = None, _kept(value)
        super().__init__(
            value,
            html_template=(folder / "view.html").read_text(),
            css_template=SHARED_CSS + (folder / "view.css").read_text(),
            js_on_load=f"{imported(self.module)}{_FETCH if is_later else ''}{_MOUNT}",
            strings=strings,
            **props,
        )

    def postprocess(self, value: Any) -> Any:
        """The value itself."""
        return value

    def api_info(self) -> dict[str, Any]:
        """The value is an object."""
        return {"type": "object"}
