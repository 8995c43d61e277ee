"""Cancels of a run that has ended meanwhile."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class LateCancels:
    """ASGI middleware: a cancel that comes late is answered as any other.

    Gradio looks the run up, waits for its turn, and then strikes it off its list, whence another
    cancel may have struck it by then: a KeyError, and status 500.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self.app(scope, receive, send)
        except KeyError:
            if not scope["path"].endswith("/cancel"):
                raise
            await JSONResponse({"success": True})(scope, receive, send)
