"""The Generate view: noise becomes pictures while you watch (N6, N11, N14, N16)."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import gradio as gr

from ddpm_hf.animation import FRAMES, key_steps
from ddpm_hf.bundled import bundled_models
from ddpm_hf.demo.service.limits import MAX_SEED
from ddpm_hf.demo.service.models import MODEL, Models, exact_backend
from ddpm_hf.demo.views.generate import settings
from ddpm_hf.demo.views.generate.choice import choose
from ddpm_hf.demo.views.generate.controls import PACES, Controls, make_controls
from ddpm_hf.demo.views.generate.outputs import Shared, make_screen, make_shared
from ddpm_hf.demo.views.generate.overview.strings import PAGE as OVERVIEW
from ddpm_hf.demo.views.generate.player.course import course
from ddpm_hf.demo.views.generate.player.player import WIDEST_NOISE, Chunk, Player, chunks
from ddpm_hf.demo.web.modules import call
from ddpm_hf.demo.web.page import Page
from ddpm_hf.demo.web.run.bounds import Bound
from ddpm_hf.demo.web.run.run import connect

_HERE = Path(__file__).parent
_EVENTS = "views/generate/events.js"


def view(models: Models) -> None:
    """Build the view inside the current Blocks."""
    T = models.get(MODEL).num_train_timesteps
    here = {
        "models": models.in_page,
        "first": MODEL,
        "bounds": settings.bounds(T),
        "frames": FRAMES,
        "widestNoise": WIDEST_NOISE,
    }
    Page(_HERE / "overview", OVERVIEW, elem_id="overview")
    with gr.Row(equal_height=False, elem_id="generate_row"):
        controls = make_controls(T)
        player = make_screen(here if models.in_page else None)
    shared = make_shared()
    _run(models, controls, player, shared)
    _choose(models, controls)
    _describe(controls, player, shared, settings.bounds(T))


def _run(models: Models, controls: Controls, player: Player, shared: Shared) -> None:
    """Generate and Stop."""

    # The controls are those of `settings.checked`, in its order.
    def stream(request: gr.Request, *controls: Any) -> Generator[Chunk, None, None]:
        """Sample, and yield the frames as they come."""
        run = settings.checked(models, request, *controls)
        scheduler, keys = run.pipeline.scheduler, key_steps(run.steps)
        lines = course(scheduler, run.steps, keys, run.noise_scale, run.sampler)
        yield from chunks(run.stream(exact_backend(run.pipeline)), run.steps, scheduler, lines)

    connect(
        controls.start,
        controls.stop,
        stream,
        controls.inputs,
        player,
        lambda _request, _seed, _number, steps, *_: steps,
        shared.link,
        api_name="stream",
        api_visibility="private",
    )


def _choose(models: Models, controls: Controls) -> None:
    """Another seed, another model, another sampler."""

    def choice(model: str, class_label: str, guidance: float, request: gr.Request) -> Any:
        """Fit the other controls to the chosen model."""
        return choose(models, model, class_label, guidance, request)

    model, class_label, guidance = controls.model, controls.class_label, controls.guidance
    thrown = call("web/dice.js", "thrown", MAX_SEED)
    controls.dice.click(None, None, controls.seed, js=thrown, api_visibility="private")
    paced = controls.sampler, controls.steps, controls.spacing
    controls.sampler.input(
        None, paced, paced[1:], js=call(_EVENTS, "paced", PACES), api_visibility="private"
    )
    model.change(
        choice,
        [model, class_label, guidance],
        [model, controls.steps, class_label, guidance, controls.banner],
        preprocess=False,
        show_progress="hidden",
        concurrency_limit=8,  # to fetch a model from the Hub takes time
        api_visibility="private",
    )


def _describe(controls: Controls, player: Player, shared: Shared, bounds: list[Bound]) -> None:
    """The settings from the page's link, and as a script and a link.

    bounds: of the controls.
    """
    inputs, page = controls.inputs, gr.context.Context.root_block
    describing: dict[str, Any] = {
        "fn": None,
        "inputs": inputs,
        "outputs": [shared.script, shared.link],
        "js": call(_EVENTS, "described", bundled_models()),
        "api_visibility": "private",
    }
    opened = call(_EVENTS, "opened", MODEL, player.elem_id, bounds)
    read = page.load(None, inputs, inputs, js=opened, api_visibility="private")
    told = read.then(**describing)
    # Not before: Generate makes the link the page's address.
    told.then(None, js=call(_EVENTS, "runLink", MODEL, bounds), api_visibility="private")
    gr.on([control.change for control in inputs], **describing)
