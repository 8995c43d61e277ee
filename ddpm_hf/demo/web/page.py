"""A piece of the page: a folder's `view.html`, `view.css` and `view.js`, and its strings."""

from pathlib import Path
from typing import Any

import gradio as gr

from ddpm_hf.demo.web.modules import ROOT, imported

SHARED_CSS = (Path(__file__).parent / "view.css").read_text()

_MOUNT = ".then((view) => view.mount({ element, props, trigger, watch }))"

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
        **props: Any,
    ) -> None:
        """script: another view.js than the folder's.

        props: Gradio's own, such as `elem_id`, and any data that stays the same.
        """
        self.folder = folder
        self.module = (script or folder / "view.js").relative_to(ROOT).as_posix()
        super().__init__(
            value,
            html_template=(folder / "view.html").read_text(),
            css_template=SHARED_CSS + (folder / "view.css").read_text(),
            js_on_load=f"{imported(self.module)}{_MOUNT}",
            strings=strings,
            **props,
        )

    def postprocess(self, value: Any) -> Any:
        """The value itself."""
        return value

    def api_info(self) -> dict[str, Any]:
        """The value is an object."""
        return {"type": "object"}
