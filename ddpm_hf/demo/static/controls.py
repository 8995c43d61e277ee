"""Gradio's components as plain HTML, with the same ids and words: one page, described once.

What a component holds and how it changes is in controls.js, by the kind that stands at its node.
"""

from collections.abc import Sequence
from functools import singledispatchmethod
from html import escape
from typing import Any

import gradio as gr
from gradio.blocks import Block, BlockContext
from gradio.components.api_component import Api
from gradio.layouts.form import Form

from ddpm_hf.demo.static.markup import element, input_field, key_of, said
from ddpm_hf.demo.web.page import Page

Choices = Sequence[tuple[Any, Any]]
"""What is shown, and the value."""


class Writer:
    """Writes the tree of a `gr.Blocks`.

    written: for sliders, by their ids, the only values that there are files for.
    """

    def __init__(self, written: dict[str, Sequence[float]]) -> None:
        self.written = written
        self.pages: list[Page] = []
        self.markdown: set[str] = set()

    def children(self, block: BlockContext) -> str:
        """All that stands in a block."""
        return "".join(map(self.html, block.children))

    @singledispatchmethod
    def html(self, block: Block) -> str:
        """One block. Raises TypeError for a kind that is not known here."""
        raise TypeError(f"The page of plain files has nothing for {type(block).__name__}.")

    def _wrapped(self, block: Any, kind: str, *content: str) -> str:
        """A control; content: what it holds, behind its label."""
        shown = {"class_": "control", "hidden": block.visible is not True}
        return element("div", *content, **shown, **_named(block, kind))

    def _labelled(self, block: Any, kind: str, *content: str) -> str:
        label = said("label", block.label, for_=_field(block))
        info = said("span", block.info, class_="info") if block.info else ""
        return self._wrapped(block, kind, label, info, *content)

    def _chosen(self, block: Any, choices: Choices, is_number: bool = False) -> str:
        options = (
            said("option", label, value=value, selected=value == block.value)
            for label, value in choices
        )
        select = element("select", *options, id=_field(block))
        if not is_number:
            return self._labelled(block, "dropdown", select)
        nearest = element(
            "span", class_="info", data_words="static_nearest", data_nearest="", hidden=True
        )
        return self._labelled(block, "numbers", select, nearest)

    @html.register(gr.Column)
    @html.register(gr.Row)
    def _(self, block: gr.Row | gr.Column) -> str:
        is_row = isinstance(block, gr.Row)
        style = None if is_row else f"--scale: {block.scale}; --min: {block.min_width}px"
        kind = "row" if is_row else "column"
        return element("div", self.children(block), class_=kind, id=block.elem_id, style=style)

    @html.register(Form)
    @html.register(gr.Blocks)
    def _(self, block: gr.Blocks | Form) -> str:
        return self.children(block)

    @html.register
    def _(self, block: Api) -> str:
        return ""

    @html.register
    def _(self, block: gr.Tabs) -> str:
        tabs = [tab for tab in block.children if isinstance(tab, gr.Tab)]
        buttons = (
            said(
                "button",
                tab.label,
                type="button",
                role="tab",
                id=f"tab-{tab.id}",
                data_tab_id=tab.id,
                aria_controls=f"panel-{tab.id}",
            )
            for tab in tabs
        )
        panels = (
            element(
                "div",
                self.children(tab),
                role="tabpanel",
                id=f"panel-{tab.id}",
                aria_labelledby=f"tab-{tab.id}",
                hidden=True,
            )
            for tab in tabs
        )
        bar = element("div", *buttons, class_="tab-wrapper", role="tablist")
        return element("div", bar, *panels, **_named(block, "tabs"))

    @html.register
    def _(self, block: gr.Accordion) -> str:
        summary = said("summary", block.label)
        return element(
            "details", summary, self.children(block), class_="accordion", open=block.open
        )

    @html.register
    def _(self, block: gr.Markdown) -> str:
        key = key_of(block.value)
        assert key, "Markdown that is not translated"
        self.markdown.add(key)
        return element("div", class_="prose", id=block.elem_id, data_html=key)

    @html.register
    def _(self, block: Page) -> str:
        self.pages.append(block)
        return element("div", block.html_template, class_="page", **_named(block, "page"))

    @html.register
    def _(self, block: gr.HTML) -> str:
        return self._wrapped(block, "html")

    @html.register
    def _(self, block: gr.Button) -> str:
        kind = f"button {block.variant} {block.size}"
        return said("button", block.value, type="button", class_=kind, **_named(block, "button"))

    @html.register
    def _(self, block: gr.Number) -> str:
        box = input_field("number", id=_field(block), value=block.value, **_range(block))
        return self._labelled(block, "number", box)

    @html.register
    def _(self, block: gr.Slider) -> str:
        if values := self.written.get(block.elem_id):
            return self._chosen(block, [(f"{value:g}", value) for value in values], is_number=True)
        bounds = {"value": block.value, **_range(block)}
        box = input_field("number", id=_field(block), **bounds)
        key = key_of(block.label)
        named = {"data_label_words": key} if key else {"aria_label": block.label}
        bar = input_field("range", **named, **bounds)
        return self._labelled(block, "slider", box, bar)

    @html.register
    def _(self, block: gr.Dropdown) -> str:
        return self._chosen(block, block.choices)

    @html.register
    def _(self, block: gr.Radio) -> str:
        info = said("span", block.info, class_="info") if block.info else ""
        choices = (
            element(
                "label",
                input_field("radio", name=_field(block), value=value, checked=value == block.value),
                said("span", label),
            )
            for label, value in block.choices
        )
        held = element("fieldset", said("legend", block.label), info, *choices)
        return self._wrapped(block, "radio", held)

    @html.register
    def _(self, block: gr.Checkbox) -> str:
        box = input_field("checkbox", id=_field(block), checked=bool(block.value))
        return self._wrapped(block, "checkbox", element("label", box, said("span", block.label)))

    @html.register
    def _(self, block: gr.Textbox) -> str:
        box = input_field("text", id=_field(block), readonly=True)
        return self._labelled(block, "text", box)

    @html.register
    def _(self, block: gr.Code) -> str:
        label = said("label", block.label, id=_field(block))
        code = element(
            "pre", "<code></code>", tabindex="0", role="region", aria_labelledby=_field(block)
        )
        return self._wrapped(block, "code", label, code)

    @html.register
    def _(self, block: gr.Dataset) -> str:
        buttons = (
            element(
                "button",
                escape(label),
                type="button",
                class_="button secondary sm",
                data_example=",".join(str(value) for value in sample),
            )
            for label, sample in zip(block.sample_labels, block.samples, strict=True)
        )
        goal = " ".join(str(component._id) for component in block._components)
        label = said("span", block.label)
        return element("div", label, *buttons, class_="control", data_examples=goal)


def _field(block: Any) -> str:
    """The id of the field of a control."""
    return f"field-{block._id}"


def _named(block: Any, kind: str) -> dict[str, Any]:
    return {"id": block.elem_id, "data_block": block._id, "data_kind": kind}


def _range(block: Any) -> dict[str, Any]:
    step = getattr(block, "step", None)
    return {"min": block.minimum, "max": block.maximum, "step": step}
