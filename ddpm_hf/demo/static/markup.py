"""HTML elements, and texts that the page writes in the reader's language."""

import html
import json
from typing import Any

_MARK = "__i18n__"
"""What Gradio writes before a text that is translated."""


def attributes(**values: Any) -> str:
    """HTML attributes; None and False leave one out, True stands for one without a value."""
    named = ((name.strip("_").replace("_", "-"), value) for name, value in values.items())
    return "".join(
        f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
        for name, value in named
        if value is not None and value is not False
    )


def element(name: str, *content: str, **values: Any) -> str:
    """An HTML element."""
    return f"<{name}{attributes(**values)}>{''.join(content)}</{name}>"


def key_of(text: Any) -> str | None:
    """The key of a text that `i18n` translates; None for a text that is the same everywhere."""
    marked = str(text)  # some components keep it as a string
    key: str | None = json.loads(marked[len(_MARK) :])["key"] if marked.startswith(_MARK) else None
    return key


def said(name: str, text: Any, **values: Any) -> str:
    """An element with a text, which the page writes in the reader's language where it has one."""
    if key := key_of(text):
        return element(name, data_words=key, **values)
    return element(name, html.escape(str(text)), **values)


def input_field(kind: str, **values: Any) -> str:
    """An input field."""
    return f"<input{attributes(type=kind, **values)}>"
