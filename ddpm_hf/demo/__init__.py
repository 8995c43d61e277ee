"""The Gradio demo: one tab and one package for each view."""

import ddpm_hf.demo.no_stubs  # noqa: F401
from ddpm_hf.demo.zero_gpu import on_gpu

# isort: split

import threading
import warnings
from importlib.util import find_spec
from pathlib import Path

import gradio as gr
import torch
from diffusers.utils.logging import disable_progress_bar
from starlette.middleware import Middleware

from ddpm_hf.demo import equations, forward, generate, jump, noise, schedule, training
from ddpm_hf.demo.address import AddressBar, AskedLanguage
from ddpm_hf.demo.api import add_endpoints
from ddpm_hf.demo.limits import KEPT_SECONDS, QUEUE, SESSIONS, SHARED_MODEL, SmallBodies, busy
from ddpm_hf.demo.models import MODEL, Models
from ddpm_hf.demo.texts import i18n
from ddpm_hf.demo.theme import THEME
from ddpm_hf.demo.uploads import MAX_MEGABYTES
from ddpm_hf.pipeline import DDPMPipeline

LAUNCH = {
    "theme": THEME,
    "css_paths": [Path(__file__).parent / "page.css", equations.CSS],
    "i18n": i18n,
    "footer_links": ["api", "settings"],
    "run_history": False,
    "ssr_mode": False,
    "state_session_capacity": SESSIONS,
    "app_kwargs": {
        "middleware": [Middleware(AskedLanguage), Middleware(SmallBodies)],
        "exception_handlers": {503: busy},
    },
    "max_file_size": f"{MAX_MEGABYTES}mb",
    "mcp_server": find_spec("mcp") is not None,
}
"""What `launch()` is to be told."""


def _warm(pipeline: DDPMPipeline) -> None:
    """Convert and compile the network for the first run, which waits for it if need be."""
    pipeline.stream(4, num_inference_steps=1, backend="auto")


def build(pipeline: DDPMPipeline | None = None) -> gr.Blocks:
    """The page, with its first model loaded and soon ready to run.

    pipeline: the model that the page begins with; the bundled one if none is given.
    """
    disable_progress_bar()
    pipeline = pipeline or DDPMPipeline.from_pretrained(MODEL)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.to("cuda" if torch.cuda.is_available() else "cpu")
    models = Models(pipeline)
    with gr.Blocks(title="DDPM", analytics_enabled=False, delete_cache=(600, KEPT_SECONDS)) as demo:
        bar = AddressBar()
        gr.Markdown(i18n("page_title"), elem_id="title")
        with gr.Tabs(elem_id="views") as tabs:
            with gr.Tab(i18n("generate_tab"), id="generate"):
                generate.view(models)
            with gr.Tab(i18n("forward_tab"), id="forward"):
                forward.view()
            with gr.Tab(i18n("jump_tab"), id="jump"):
                jump.view(pipeline)
            with gr.Tab(i18n("noise_tab"), id="noise"):
                noise.view(pipeline)
            with gr.Tab(i18n("schedule_tab"), id="schedule"):
                schedule.view()
            with gr.Tab(i18n("training_tab"), id="training"):
                training.view()
            with gr.Tab(i18n("equations_tab"), id="equations"):
                equations.view()
        gr.Markdown(i18n("page_attribution"))
        bar.connect(tabs)
        add_endpoints(models)
    on_gpu(demo.fns.values(), SHARED_MODEL["concurrency_id"])
    if pipeline.device.type == "cpu":
        # `catch_warnings` around the conversion does not hold in a thread.
        warnings.filterwarnings("ignore", module="diffusers")
        threading.Thread(target=_warm, args=[pipeline]).start()
    return demo.queue(max_size=QUEUE)
