"""The page's scripts: ES modules, served as they lie in the package.

An address has a digest of all modules in it. So browsers may keep a module for good, and relative
imports stay within one version.
"""

import hashlib
import json
import posixpath
import re
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ROOT = Path(__file__).parents[1]
MODULES = {p.relative_to(ROOT).as_posix(): p.read_bytes() for p in sorted(ROOT.rglob("*.js"))}
"""Path below `ROOT` → the script."""
VERSION = hashlib.sha256(b"".join(MODULES.values())).hexdigest()[:12]


async def _serve(request: Request) -> Response:
    script = MODULES.get(request.path_params["path"])
    if script is None:
        raise HTTPException(404)
    kept = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(script, media_type="text/javascript", headers=kept)


ROUTE = Route(f"/modules/{VERSION}/{{path:path}}", _serve)
"""For the app's `routes`."""


def needed(*modules: str) -> list[str]:
    """These modules, and all that they import."""
    found, waiting = set[str](), list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            imports = re.findall(r'^import [^"]* from "([^"]+)"', MODULES[module].decode(), re.M)
            waiting += [posixpath.normpath(f"{posixpath.dirname(module)}/{i}") for i in imports]
    return sorted(found)


def preloads(*modules: str) -> str:
    """HTML for the page's head: fetches these modules, and all that they import, at once.

    Else a browser learns of each import from the module before it.
    """
    links = (f'<link rel="modulepreload" href="modules/{VERSION}/{m}">' for m in needed(*modules))
    return "".join(links)


def imported(module: str) -> str:
    """JavaScript: a promise of the module at this path below `ROOT`."""
    if module not in MODULES:
        raise FileNotFoundError(module)
    # Not absolute: the app may be served below a path of its host.
    return f'import(new URL("modules/{VERSION}/{module}", document.baseURI))'


def call(module: str, function: str, *data: Any) -> str:
    """JavaScript for an event's `js`: calls a module's function with `data`, then the inputs."""
    values = "".join(f"{json.dumps(value)}, " for value in data)
    return f"(...inputs) => {imported(module)}.then((it) => it.{function}({values}...inputs))"
