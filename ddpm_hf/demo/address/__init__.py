"""The page's address says the language (`?lang=zh`) and the view (`?tab=training`).

Without `lang` the browser's own language is taken. Gradio asks `navigator.language` as soon as it
starts, so the choice must stand in the page before any script of Gradio's.
"""

import json
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HERE = Path(__file__).parent
_SCRIPT = b"<head><script>" + (_HERE / "language.js").read_bytes() + b"</script>"

# A view that there is not is taken out of the address: others ask it which view is shown.
_SHOW = """() => {
  const views = VIEWS, address = new URL(location), asked = address.searchParams.get("tab");
  if (views.includes(asked)) return { selected: asked, __type__: "update" };
  address.searchParams.delete("tab");
  history.replaceState(null, "", address);
  return { selected: views[0], __type__: "update" };
}"""


class AskedLanguage:
    """ASGI middleware: puts language.js first in the page's head."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; only the page itself is touched."""
        start: Message = {}

        async def send_with_script(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            # Gradio renders the page whole: it is one message.
            body = message["body"].replace(b"<head>", _SCRIPT, 1)
            length = (b"content-length", str(len(body)).encode())
            others = [h for h in start["headers"] if h[0] != b"content-length"]
            await send({**start, "headers": [*others, length]})
            await send({**message, "body": body})

        is_page = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/"
        await self.app(scope, receive, send_with_script if is_page else send)


class AddressBar(gr.HTML):
    """The choice of language; remembers the open tab in the address, and opens the one asked."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            html_template=(_HERE / "address.html").read_text(),
            css_template=(_HERE / "address.css").read_text(),
            js_on_load=(_HERE / "address.js").read_text(),
            **kwargs,
        )

    def connect(self, tabs: gr.Tabs) -> None:
        """Open the tab that the address asks for.

        A page script opens a view by `new CustomEvent("open-view", {detail: "training"})`.
        """
        views = [tab.id for tab in tabs.children]
        show = _SHOW.replace("VIEWS", json.dumps(views))
        page = gr.context.Context.root_block
        gr.on([page.load, self.select], None, None, tabs, js=show, api_visibility="private")
