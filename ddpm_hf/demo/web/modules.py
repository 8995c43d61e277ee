"""The page's scripts and kernels: ES modules and WebAssembly, served as they lie in the package.

An address has a digest of all modules in it. So browsers may keep a module for good, and relative
imports stay within one version.
"""

import hashlib
import json
import posixpath
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ROOT = Path(__file__).parents[1]
KEPT = {"cache-control": "public, max-age=31536000, immutable"}
"""Headers of what never changes at its address."""
TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json"}


def _files(suffix: str) -> dict[str, bytes]:
    return {
        p.relative_to(ROOT).as_posix(): p.read_bytes() for p in sorted(ROOT.rglob(f"*{suffix}"))
    }


MODULES = _files(".js")
"""Path below `ROOT` → the script."""
SERVED = MODULES | _files(".wasm") | _files(".run.json")
VERSION = hashlib.sha256(b"".join(SERVED.values())).hexdigest()[:12]


async def _serve(request: Request) -> Response:
    path = request.path_params["path"]
    if path not in SERVED:
        raise HTTPException(404)
    kind = TYPES[posixpath.splitext(path)[1]]
    return Response(SERVED[path], media_type=kind, headers=KEPT)


ROUTE = Route(f"/modules/{VERSION}/{{path:path}}", _serve)
"""For the app's `routes`."""


_IMPORT = re.compile(r'^(?:im|ex)port [\w\s{},*]* from "([^"]+)"', re.M)


def needed(*modules: str) -> list[str]:
    """These modules, and all that they import."""
    found, waiting = set[str](), list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            imports = re.findall(
                r'^(?:im|ex)port [^"]* from "([^"]+)"', MODULES[module].decode(), re.M
            )
            waiting += [posixpath.normpath(f"{posixpath.dirname(module)}/{i}") for i in imports]
    return sorted(found)


_AFTER_PAINT = """<script>
new PerformanceObserver((_, observer) => {
  observer.disconnect();
  for (const href of %s) {
    const link = { rel: "preload", as: "fetch", crossOrigin: "", href };
    document.head.append(Object.assign(document.createElement("link"), link));
  }
}).observe({ type: "paint", buffered: true });
</script>"""


def preloads(modules: Sequence[str], data: Sequence[str]) -> str:
    """HTML for the page's head: fetches these modules and all that they import at once.

    Else a browser learns of each import from the module before it. data: files, which are larger:
    they come when something is painted, so that they don't delay it.
    """
    scripts = [f'<link rel="modulepreload" href="modules/{VERSION}/{m}">' for m in needed(*modules)]
    files = [f"modules/{VERSION}/{d}" for d in data]
    return "".join(scripts) + _AFTER_PAINT % json.dumps(files)


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
