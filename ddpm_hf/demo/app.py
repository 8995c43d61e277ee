"""The page of the demo: one tab and one package for each view."""

import ddpm_hf.demo.service.no_stubs  # noqa: F401
from ddpm_hf.demo.service.zero_gpu import ON_ZERO_GPU

# isort: split

import threading
import warnings
from importlib.util import find_spec
from pathlib import Path

import gradio as gr
import torch
from diffusers.utils.logging import disable_progress_bar
from starlette.middleware import Middleware

from ddpm_hf.demo.service.endpoints.all import add_endpoints
from ddpm_hf.demo.service.late_cancels import LateCancels
from ddpm_hf.demo.service.limits import (
    KEPT_SECONDS,
    QUEUE,
    SECONDS_BETWEEN_LOOKS,
    SESSIONS,
    SmallBodies,
    busy,
)
from ddpm_hf.demo.service.models import MODEL, Models, exact_backend
from ddpm_hf.demo.service.uploads import MAX_MEGABYTES
from ddpm_hf.demo.texts import i18n
from ddpm_hf.demo.views.bayes import view as bayes
from ddpm_hf.demo.views.edit import view as edit
from ddpm_hf.demo.views.equations import view as equations
from ddpm_hf.demo.views.forward import view as forward
from ddpm_hf.demo.views.generate import view as generate
from ddpm_hf.demo.views.jump import view as jump
from ddpm_hf.demo.views.noise import view as noise
from ddpm_hf.demo.views.schedule import numbers as schedule_numbers
from ddpm_hf.demo.views.schedule import view as schedule
from ddpm_hf.demo.views.training import view as training
from ddpm_hf.demo.web import model_files, modules
from ddpm_hf.demo.web import page as pages
from ddpm_hf.demo.web.address.address import AddressBar, PageHead
from ddpm_hf.demo.web.picture import picture
from ddpm_hf.demo.web.theme import HEAD_CSS, THEME
from ddpm_hf.pipeline import DDPMPipeline

FIRST = (
    "web/address/view.js",
    "web/address/tabs.js",
    "views/generate/overview/view.js",
    "views/generate/player/view.js",
    "views/generate/events.js",
)
"""The page scripts that are needed as soon as the page opens."""
SHOWN_FIRST = ("web/recorded/overview.run.json", "web/recorded/generate.run.json")
LAUNCH = {
    "theme": THEME,
    "head": f"<style>{HEAD_CSS.read_text()}</style>",
    "css_paths": [Path(__file__).parent / "web" / "theme.css", equations.CSS],
    "i18n": i18n,
    "footer_links": ["api", "settings"],
    "run_history": False,
    "ssr_mode": False,
    "state_session_capacity": SESSIONS,
    "app_kwargs": {
        "routes": [
            modules.ROUTE,
            pages.ROUTE,
            model_files.ROUTE,
            picture.ROUTE,
            *schedule_numbers.ROUTES,
            *training.ROUTES,
        ],
        "middleware": [
            Middleware(PageHead, modules.preloads(FIRST, SHOWN_FIRST)),
            Middleware(SmallBodies),
            Middleware(LateCancels),
        ],
        "exception_handlers": {503: busy},
    },
    "max_file_size": f"{MAX_MEGABYTES}mb",
    "mcp_server": find_spec("mcp") is not None,
}
"""The settings of `launch()`."""


def _warm(pipeline: DDPMPipeline) -> None:
    """Convert and compile the network for the first run, which waits for it if need be."""
    pipeline.stream(4, num_inference_steps=1, backend=exact_backend(pipeline))


def _tabs(models: Models) -> gr.Tabs:
    """The views, each in a tab whose id is the view's name."""
    with gr.Tabs(elem_id="views") as tabs:
        with gr.Tab(i18n("generate_tab"), id="generate"):
            generate.view(models)
        with gr.Tab(i18n("forward_tab"), id="forward"):
            forward.view()
        with gr.Tab(i18n("jump_tab"), id="jump"):
            jump.view(models)
        with gr.Tab(i18n("edit_tab"), id="edit"):
            edit.view(models)
        with gr.Tab(i18n("bayes_tab"), id="bayes"):
            bayes.view()
        with gr.Tab(i18n("noise_tab"), id="noise"):
            noise.view(models)
        with gr.Tab(i18n("schedule_tab"), id="schedule"):
            schedule.view()
        with gr.Tab(i18n("training_tab"), id="training"):
            training.view()
        with gr.Tab(i18n("equations_tab"), id="equations"):
            equations.view()
    return tabs


def page(models: Models) -> gr.Blocks:
    """The whole page; `models` are to be sampled from."""
    with gr.Blocks(title="DDPM", analytics_enabled=False, delete_cache=(600, KEPT_SECONDS)) as demo:
        bar = AddressBar()
        gr.Markdown(i18n("page_title"), elem_id="title")
        tabs = _tabs(models)
        gr.Markdown(i18n("page_attribution"))
        bar.connect(tabs)
        add_endpoints(models)
    return demo


def build(pipeline: DDPMPipeline | None = None) -> gr.Blocks:
    """The page, with its first model loaded and soon ready to run.

    pipeline: the model that the page begins with; the bundled one if none is given.
    """
    disable_progress_bar()
    models = Models(pipeline)
    pipeline = models.get(MODEL)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.to("cuda" if torch.cuda.is_available() else "cpu")
    if ON_ZERO_GPU:
        models.load_bundled()
    demo = page(models)
    if pipeline.device.type == "cpu":
        # `catch_warnings` around the conversion does not hold in a thread.
        warnings.filterwarnings("ignore", module="diffusers")
        threading.Thread(target=_warm, args=[pipeline]).start()
    demo.queue(max_size=QUEUE)
    # Gradio's own 1 and 10 ms cost an idle page 5 % of a core.
    demo._queue.sleep_when_free = SECONDS_BETWEEN_LOOKS
    demo._queue.progress_update_sleep_when_free = 5 * SECONDS_BETWEEN_LOOKS
    return demo
