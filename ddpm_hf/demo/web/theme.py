"""The theme: Gradio's Soft in orange, with enough contrast (WCAG AA)."""

from pathlib import Path

import gradio as gr

HEAD_CSS = Path(__file__).parent / "head.css"
"""For the page's head: in style sheets that Gradio puts in, each rule is for the views alone."""
THEME = gr.themes.Soft(primary_hue="orange", font=["system-ui", "sans-serif"]).set(
    body_text_color_subdued="*neutral_600",
    block_info_text_color="*neutral_600",
    block_label_text_color="*primary_800",
    block_label_text_color_dark="white",
    block_label_background_fill_dark="*primary_700",
    block_title_text_color="*primary_800",
    block_title_text_color_dark="white",
    block_title_background_fill_dark="*primary_700",
    button_primary_background_fill="*primary_700",
    button_primary_background_fill_dark="*primary_700",
    button_primary_background_fill_hover="*primary_800",
    button_primary_background_fill_hover_dark="*primary_800",
    checkbox_label_background_fill_selected="*primary_700",
    checkbox_label_background_fill_selected_dark="*primary_700",
    link_text_color_dark="*secondary_300",
    link_text_color_hover_dark="*secondary_200",
    link_text_color_visited_dark="*secondary_300",
)
