"""DDPM from the lecture notes' equations, behind the interfaces of Hugging Face's diffusers."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "DDPMScheduler": "ddpm_hf.scheduler",
    "DDPMPipeline": "ddpm_hf.pipeline",
    "save_animation": "ddpm_hf.animation",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Import a public name on first use: `import ddpm_hf` alone costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module 'ddpm_hf' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
