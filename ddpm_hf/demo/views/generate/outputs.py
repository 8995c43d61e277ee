"""The outputs of the Generate view: the player, a link, a script."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ddpm_hf.demo.texts import LATEX, i18n
from ddpm_hf.demo.views.generate.player.player import Player


@dataclass(frozen=True)
class Shared:
    """What a person sends on."""

    link: gr.Textbox
    script: gr.Code


def make_screen(here: dict[str, Any] | None) -> Player:
    """A column with the player inside the current Blocks. here: see `Player`."""
    with gr.Column(scale=2, min_width=320):
        return Player("player", here)


def make_shared() -> Shared:
    """The formulas, the link and the script, below the rest."""
    gr.Markdown(i18n("generate_formulas"), latex_delimiters=LATEX)
    link = gr.Textbox(
        label=i18n("generate_link"),
        info=i18n("generate_link_info"),
        interactive=False,
        buttons=["copy"],
        elem_id="link",
    )
    script = gr.Code(
        label=i18n("generate_script"), language="python", interactive=False, elem_id="script"
    )
    return Shared(link, script)
