"""The page's address says the language (`?lang=zh`) and the view (`?tab=training`).

Without `lang` the browser's own language is taken. Gradio asks `navigator.language` as soon as it
starts, so the choice must stand in the page before any script of Gradio's.
"""

from pathlib import Path

import gradio as gr
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ddpm_hf.demo.web.address.strings import PAGE
from ddpm_hf.demo.web.modules import call
from ddpm_hf.demo.web.page import Page

_HERE = Path(__file__).parent
_SCRIPT = f"<script>{(_HERE / 'language.js').read_text()}</script>"


class PageHead:
    """ASGI middleware: puts language.js first in the page's head, and more HTML at its end.

    It compresses the page, too: of Gradio's answers that alone goes out as it is.
    """

    def __init__(self, app: ASGIApp, more: str) -> None:
        self.app = app
        self.page = GZipMiddleware(self._with_head)
        self.start, self.end = f"<head>{_SCRIPT}".encode(), f"{more}</head>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; only the page itself is touched."""
        # `root_path` is not empty where the app is mounted below a path of another.
        root = scope.get("root_path", "") + "/"
        is_page = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == root
        await (self.page if is_page else self.app)(scope, receive, send)

    async def _with_head(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}

        async def send_with_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            # Gradio renders the page whole: it is one message.
            body = message["body"].replace(b"<head>", self.start, 1)
            body = body.replace(b"</head>", self.end, 1)
            length = (b"content-length", str(len(body)).encode())
            others = [h for h in start["headers"] if h[0] != b"content-length"]
            await send({**start, "headers": [*others, length]})
            await send({**message, "body": body})

        await self.app(scope, receive, send_with_head)


class AddressBar(Page):
    """The choice of language; remembers the open tab in the address, and opens the one asked."""

    def __init__(self) -> None:
        super().__init__(_HERE, PAGE)

    def connect(self, tabs: gr.Tabs) -> None:
        """Open the tab that the address asks for.

        A page script opens a view by `new CustomEvent("open-view", {detail: "training"})`.
        """
        open_asked = call("web/address/tabs.js", "open", [tab.id for tab in tabs.children])
        page = gr.context.Context.root_block
        gr.on([page.load, self.select], None, None, tabs, js=open_asked, api_visibility="private")
