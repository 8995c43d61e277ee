"""One endpoint: what it takes, as JSON schemas with default and range, and the files it returns."""

import tempfile
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.api_component import Api
from gradio.data_classes import FileData
from PIL import Image

Schema = dict[str, Any]
"""The JSON schema of a parameter, with its `default`."""
FILE: Schema = {**FileData.model_json_schema(), "default": None}
"""A picture: `handle_file(path)` of gradio_client; an address for MCP."""


def integer(default: int, low: int, high: int) -> Schema:
    """A whole number in low..high."""
    return {"type": "integer", "minimum": low, "maximum": high, "default": default}


def number_in(default: float, low: float, high: float) -> Schema:
    """A number in low..high."""
    return {"type": "number", "minimum": low, "maximum": high, "default": default}


def choice(default: str, known: Collection[str]) -> Schema:
    """One of the known words."""
    return {"type": "string", "enum": list(known), "default": default}


def text(default: str) -> Schema:
    """Any words."""
    return {"type": "string", "default": default}


def add_endpoint(
    name: str, handler: Callable[..., Any], parameters: Iterable[Schema], **kwargs: Any
) -> None:
    """Add an endpoint to the current Blocks, public, and a tool of MCP.

    handler: returns an object; its parameters, in order, have these schemas. Gradio takes their
    names from it, and their descriptions from its docstring.
    """
    # As `gr.api` does it, which knows no ranges, and keeps no files for the caller.
    inputs = [Api(schema["default"], schema) for schema in parameters]
    result = Api(None, {"type": "object"})
    gr.on([], handler, inputs, result, preprocess=False, api_name=name, **kwargs)


@contextmanager
def files_of(images: Sequence[Image.Image]) -> Generator[list[dict[str, Any]], None, None]:
    """The images as PNG files. They are gone afterwards; by then Gradio has its own copies."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.png" for number in range(len(images))]
        for image, path in zip(images, paths, strict=True):
            image.save(path)
        yield [FileData(path=str(path)).model_dump() for path in paths]
