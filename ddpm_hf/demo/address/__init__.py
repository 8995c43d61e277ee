"""The page's address says the language (`?lang=zh`) and the view (`?view=training`).

Without `lang` the browser's own language is taken. Gradio asks `navigator.language` as soon as it
starts, so the choice must stand in the page before any script of Gradio's.
"""

from pathlib import Path
from typing import Any

import gradio as gr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HERE = Path(__file__).parent
_SCRIPT = b"<head><script>" + (_HERE / "language.js").read_bytes() + b"</script>"


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
