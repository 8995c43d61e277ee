"""A network's identity: what was derived from one is never used for another."""

import hashlib
from typing import Any

import torch

KNOWN = {"torch", "diffusers", "builtins", "collections"}
"""Where the code of an unmodified network comes from."""
PLAIN = (int, float, str, tuple, list, type(None))


def _origin(thing: Any) -> str:
    """The package of a function, a class, or an object's class."""
    name: str = getattr(thing, "__module__", None) or type(thing).__module__
    return name.split(".")[0]


def has_own_code(unet: Any) -> bool:
    """Whether anything but torch's and diffusers' code runs in it, or a hook does."""
    return any(
        module._forward_hooks
        or module._forward_pre_hooks
        or "forward" in vars(module)
        or {_origin(type(module).forward), *map(_origin, vars(module).values())} - KNOWN
        for module in unet.modules()
    )


def structure(unet: Any) -> str:
    """Everything but the weights: the config, and each module's class and attributes."""
    config = {key: value for key, value in unet.config.items() if not key.startswith("_")}
    modules = [
        (_name(module), [v if isinstance(v, PLAIN) else _name(v) for v in vars(module).values()])
        for module in unet.modules()
    ]
    return repr((config, modules))


def _name(thing: Any) -> str:
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def fingerprint(unet: Any) -> str:
    """A hash of the structure and of each weight's bytes."""
    digest = hashlib.sha256(structure(unet).encode())
    for weights in (*unet.parameters(), *unet.buffers()):
        plain = weights.detach().cpu().contiguous().flatten()
        digest.update(plain.view(torch.uint8).numpy())
    return digest.hexdigest()
