"""The Gradio demo: one tab and one package for each view."""

from pathlib import Path

import gradio as gr
from diffusers.utils.logging import disable_progress_bar
from starlette.middleware import Middleware

from ddpm_hf.demo import equations, forward, generate, jump, noise, schedule, training
from ddpm_hf.demo.address import AddressBar, AskedLanguage
from ddpm_hf.demo.texts import i18n
from ddpm_hf.demo.theme import THEME
from ddpm_hf.pipeline import PRETRAINED, DDPMPipeline

MODEL = "cats-32"
LAUNCH = {
    "theme": THEME,
    "css_paths": [Path(__file__).parent / "page.css", equations.CSS],
    "i18n": i18n,
    "footer_links": ["api", "settings"],
    "run_history": False,
    "ssr_mode": False,
    "app_kwargs": {"middleware": [Middleware(AskedLanguage)]},
    "max_file_size": "10mb",
}
"""What `launch()` is to be told."""


def build() -> gr.Blocks:
    """The page, with the bundled model loaded and ready to run."""
    disable_progress_bar()
    pipeline = DDPMPipeline.from_pretrained(MODEL)
    pipeline.set_progress_bar_config(disable=True)
    # The first run of a shape converts and compiles the network; do that before anyone waits.
    for _ in pipeline.stream(4, num_inference_steps=1, backend="auto"):
        pass
    with gr.Blocks(title="DDPM", analytics_enabled=False) as demo:
        bar = AddressBar()
        gr.Markdown(i18n("page_title"), elem_id="title")
        with gr.Tabs(elem_id="views") as tabs:
            with gr.Tab(i18n("generate_tab"), id="generate"):
                generate.view({MODEL: pipeline})
            with gr.Tab(i18n("forward_tab"), id="forward"):
                forward.view()
            with gr.Tab(i18n("jump_tab"), id="jump"):
                jump.view(pipeline)
            with gr.Tab(i18n("noise_tab"), id="noise"):
                noise.view(pipeline)
            with gr.Tab(i18n("schedule_tab"), id="schedule"):
                schedule.view()
            with gr.Tab(i18n("training_tab"), id="training"):
                training.view(PRETRAINED / MODEL)
            with gr.Tab(i18n("equations_tab"), id="equations"):
                equations.view()
        gr.Markdown(i18n("page_attribution"))
        bar.connect(tabs)
    return demo.queue(max_size=32)
