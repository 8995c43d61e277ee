"""A page with the engine alone, and what a test asks of it."""

import threading

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from ddpm_hf.demo.web import model_files, modules

ENGINE = f"modules/{modules.VERSION}/web/engine/ddpm.js"


def blank(_request):
    return HTMLResponse('<!doctype html><link rel="icon" href="data:,"><title>Engine</title>')


class EnginePages:
    """A server of the engine, the bundled models and a blank page, in this process."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/"
        routes = [Route("/", blank), modules.ROUTE, model_files.ROUTE]
        config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="warning")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()

    def close(self):
        self._server.should_exit = True
        self._thread.join()


def run(page, script, *args):
    """What the body of an async function returns, with `engine` (the module) and `args` in it."""
    body = f"async (args) => {{ const engine = await import('./{ENGINE}'); {script} }}"
    return page.evaluate(body, list(args))


def sampled(page, model, **settings):
    """The pictures that the page draws: uint8, (count, height, width, 3)."""
    made = run(
        page,
        """const model = await engine.load(`models/${args[0]}/`);
        const { pixels, ...size } = await model.sample(args[1]);
        model.close();
        return { ...size, pixels: Array.from(pixels) };""",
        model,
        settings,
    )
    shape = (made["count"], made["height"], made["width"], 3)
    return np.array(made["pixels"], np.uint8).reshape(shape)
