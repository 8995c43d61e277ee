"""What the page asks Python for: JSON by an address that says all, relative to the page.

So the same page script reads an answer of the server, and a file that was written beforehand.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEPT_SECONDS = 3600
"""How long a browser may keep an answer."""


def answers(path: str, answer: Callable[..., Any]) -> Route:
    """For the app's `routes`: answers GET at this path.

    answer: takes the request, and the path's parameters by name. A gr.Error that it raises reaches
    the page as one sentence, `detail`, with status 422.
    """

    def respond(request: Request) -> Response:
        try:
            found = answer(request, **request.path_params)
        except gr.Error as error:
            return JSONResponse({"detail": error.message}, 422)
        kept = {"cache-control": f"public, max-age={KEPT_SECONDS}"}
        return JSONResponse(found, headers=kept)

    return Route(path, respond)
