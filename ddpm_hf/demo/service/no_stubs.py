"""Import Gradio in half the time, by keeping it from writing type stubs.

At each import Gradio 6 parses the source of all its components, twice each, to write `.pyi` files
beside them, ours included. No editor runs on a server. To be imported before Gradio.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

COMPONENT_META = "gradio.component_meta"


class _WithoutStubs:
    """Import hook: loads that module without the function that writes stubs."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != COMPONENT_META:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def load_and_change(module: ModuleType) -> None:
            load(module)
            module.create_or_modify_pyi = lambda *_: None  # type: ignore[attr-defined]

        spec.loader.exec_module = load_and_change  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, _WithoutStubs)
