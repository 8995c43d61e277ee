"""The bundled models for the page's engine: their own files, the hash of the weights, the plans.

`models/NAME/…` below the app, as a folder of static files would have them.
"""

import hashlib
import json
import re
from functools import cache
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ddpm_hf.bundled import PRETRAINED, bundled_models
from ddpm_hf.demo.web.engine.plan import Plan, jump_plan, run_plan
from ddpm_hf.demo.web.modules import KEPT
from ddpm_hf.scheduler import DDPMScheduler

WEIGHTS = "unet/diffusion_pytorch_model.safetensors"
CONFIGS = ("model_index.json", "unet/config.json", "scheduler/scheduler_config.json")


@cache
def weights_hash(model: str) -> str:
    """SHA-256 of a bundled model's weights; the page keeps them under it."""
    return hashlib.sha256((PRETRAINED / model / WEIGHTS).read_bytes()).hexdigest()


@cache
def _scheduler(model: str) -> DDPMScheduler:
    config = json.loads((PRETRAINED / model / CONFIGS[2]).read_text())
    scheduler: DDPMScheduler = DDPMScheduler.from_config(config)
    return scheduler


def name_ending(eta: float | None = None, solver_order: int = 1) -> str:
    """What the name of a plan has behind `K-spacing`, by the pipeline's arguments."""
    return ("" if eta is None else f"-eta{eta:g}") + ("-order2" if solver_order == 2 else "")


def plan_named(model: str, name: str) -> Plan:
    """A bundled model's plan: `K-spacing`, perhaps with `-eta0.5` or `-order2`; `from-t[-fast]`.

    Raises ValueError, one sentence, for another name or a number out of range.
    """
    if match := re.fullmatch(r"from-(\d{1,9})(-fast)?", name):
        return jump_plan(_scheduler(model), int(match[1]), "fast" if match[2] else "ddpm")
    if match := re.fullmatch(r"(\d{1,9})-([a-z]+)(?:-eta(\d(?:\.\d{1,9})?))?(-order2)?", name):
        eta = None if match[3] is None else float(match[3])
        order = 1 if match[4] is None else 2
        return run_plan(_scheduler(model), int(match[1]), match[2], eta, order)
    raise ValueError(f"A plan is named like 50-even or from-700; got {name[:80]!r}.")


async def _serve(request: Request) -> Response:
    model, path = request.path_params["model"], request.path_params["path"]
    if model not in bundled_models():
        raise HTTPException(404)
    checked = {"cache-control": "no-cache"}  # asked for again, unless it is the same
    if path == WEIGHTS:
        kept = request.query_params.get("sha256") == weights_hash(model)
        return FileResponse(PRETRAINED / model / path, headers=KEPT if kept else checked)
    if path == f"{WEIGHTS}.sha256":
        return PlainTextResponse(weights_hash(model), headers=checked)
    if path in CONFIGS:
        return FileResponse(PRETRAINED / model / path, headers=checked)
    if match := re.fullmatch(r"plans/([^/]*)\.json", path):
        return _plan(model, match[1], checked)
    raise HTTPException(404)


def _plan(model: str, name: str, headers: dict[str, str]) -> Response:
    try:
        found: dict[str, Any] = plan_named(model, name)
    except ValueError as error:
        return PlainTextResponse(str(error), 400)
    return JSONResponse(found, headers=headers)


ROUTE = Route("/models/{model}/{path:path}", _serve)
"""For the app's `routes`."""
