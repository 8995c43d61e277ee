"""The Generate view: noise becomes pictures while you watch (N6, N11, N14, N16)."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from ddpm_hf.animation import FORMATS, key_steps
from ddpm_hf.bundled import bundled_models
from ddpm_hf.demo.generate import settings
from ddpm_hf.demo.generate.choice import NO_CLASSES, choose
from ddpm_hf.demo.generate.save import animation
from ddpm_hf.demo.limits import MAX_PICTURES, MAX_SEED, MIN_STEPS, SHARED_MODEL, one_of
from ddpm_hf.demo.models import ALLOWED, MODEL, Models
from ddpm_hf.demo.player import Chunk, Player, chunks
from ddpm_hf.demo.player.course import course
from ddpm_hf.demo.run import connect
from ddpm_hf.demo.texts import LATEX, i18n, spoken

EXAMPLES = [[0, 4, 100], [7, 9, 50], [2020, 1, 500], [42, 16, 25]]
"""Seed, number, steps."""

_HERE = Path(__file__).parent
_READ_LINK = (_HERE / "read_link.js").read_text().strip().replace("FIRST", json.dumps(MODEL))
_SCRIPT = (_HERE / "script.js").read_text().replace("BUNDLED", json.dumps(bundled_models()))
_OPENED = f"({_READ_LINK})(location)"
_SAY = 'window.dispatchEvent(new CustomEvent("{}", {{ detail: {{ screen: "player" }} }}));'
# The player has the link of the run on show; the controls may have moved on.
_SHOWN = "document.querySelector('[data-link]')?.dataset.link"
_ON_SHOW = f"[suffix, ...({_READ_LINK})({_SHOWN} ?? location.origin)(...controls)]"
_SAVE = f"(suffix, ...controls) => {{ {_SAY.format('save-wait')} return {_ON_SHOW}; }}"
_SAVED = f"() => {{ {_SAY.format('save-end')} }}"
_DOWNLOAD = "() => document.querySelector('#animation_file').click()"


def view(models: Models) -> None:
    """Build the view inside the current Blocks."""
    T = models.get(MODEL).num_train_timesteps

    # The controls are those of `settings.checked`, in its order.
    def stream(request: gr.Request, *controls: Any) -> Iterator[Chunk]:
        """Sample, and yield the frames as they come."""
        run = settings.checked(models, request, *controls)
        lines = course(run.pipeline.scheduler, run.steps, key_steps(run.steps), run.noise_scale)
        yield from chunks(run.stream(), run.steps, run.pipeline.scheduler, lines)

    def animate(suffix: str, request: gr.Request, *controls: Any) -> Iterator[str | None]:
        """Sample, and return the way there as a file."""
        suffix = one_of(spoken(request, "generate_format"), suffix, FORMATS, request)
        yield from animation(settings.checked(models, request, *controls), suffix)

    def choice(model: str, class_label: str, guidance: float, request: gr.Request) -> Any:
        """What the chosen model lets one choose."""
        return choose(models, model, class_label, guidance, request)

    gr.Markdown(i18n("generate_intro"))
    with gr.Row(equal_height=False, elem_id="generate_row"):
        with gr.Column(scale=1, min_width=280):
            with gr.Row():
                start = gr.Button(
                    i18n("generate_generate"), variant="primary", min_width=100, elem_id="generate"
                )
                stop = gr.Button(i18n("generate_stop"), min_width=100, elem_id="stop")
            model = gr.Dropdown(
                bundled_models(),
                value=MODEL,
                label=i18n("generate_model"),
                info=i18n("limits_model_info") if ALLOWED else None,
                allow_custom_value=ALLOWED,
                elem_id="model",
            )
            banner = gr.HTML(visible=False, elem_id="model_banner")
            class_label = gr.Dropdown(
                [(NO_CLASSES, NO_CLASSES)],
                value=NO_CLASSES,
                label=i18n("generate_class"),
                visible=False,
                elem_id="class",
            )
            guidance = gr.Slider(
                0,
                settings.MAX_GUIDANCE,
                1,
                step=0.5,
                label=i18n("generate_guidance"),
                info=i18n("generate_guidance_info"),
                visible=False,
                elem_id="guidance",
            )
            seed = gr.Number(
                0,
                label=i18n("generate_seed"),
                info=i18n("generate_seed_info"),
                precision=0,
                minimum=0,
                maximum=MAX_SEED,
                elem_id="seed",
            )
            dice = gr.Button(i18n("generate_dice"), size="sm")
            number = gr.Slider(
                1,
                MAX_PICTURES,
                4,
                step=1,
                label=i18n("generate_how_many"),
                elem_id="number",
            )
            steps = gr.Slider(
                MIN_STEPS,
                T,
                100,
                step=1,
                label=i18n("generate_steps"),
                info=i18n("generate_steps_info"),
                elem_id="steps",
            )
            spacing = gr.Radio(
                [(i18n(f"generate_spacing_{name}"), name) for name in settings.SPACINGS],
                value="even",
                label=i18n("generate_spacing"),
                info=i18n("generate_spacing_info"),
                elem_id="spacing",
            )
            variance = gr.Radio(
                [(i18n(f"generate_variance_{name}"), name) for name in settings.VARIANCES],
                value="small",
                label=i18n("generate_variance"),
                info=i18n("generate_variance_info"),
                elem_id="variance",
            )
            noise = gr.Slider(
                0,
                settings.MAX_NOISE,
                1,
                step=0.05,
                label=i18n("generate_noise"),
                info=i18n("generate_noise_info"),
                elem_id="noise",
            )
            gr.Examples(
                EXAMPLES,
                [seed, number, steps],
                label=i18n("generate_examples"),
                example_labels=[f"{n} × {K}" for _, n, K in EXAMPLES],
            )
        with gr.Column(scale=2, min_width=320):
            player = Player(elem_id="player")
            with gr.Row(equal_height=True):
                suffix = gr.Dropdown(
                    [(name[1:].upper(), name) for name in FORMATS],
                    value=FORMATS[0],
                    label=i18n("generate_format"),
                    elem_id="format",
                )
                save = gr.Button(i18n("generate_save"), min_width=120, elem_id="save")
                file = gr.DownloadButton(visible="hidden", elem_id="animation_file")
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

    inputs = [seed, number, steps, variance, noise, model, class_label, guidance, spacing]
    connect(start, stop, stream, inputs, player, link, api_name="stream")
    saving = save.click(
        animate,
        [suffix, *inputs],
        file,
        api_name="animation",
        preprocess=False,
        js=_SAVE,
        show_progress_on=save,
        **SHARED_MODEL,
    )
    for over in (saving.success, saving.failure):
        over(None, js=_SAVED, api_visibility="private")
    saving.success(None, js=_DOWNLOAD, api_visibility="private")
    stop.click(None, cancels=[saving], api_visibility="private")
    dice.click(lambda: random.randint(0, MAX_SEED), None, seed, api_visibility="private")
    page = gr.context.Context.root_block
    read = page.load(None, inputs, inputs, js=_OPENED, api_visibility="private")
    told = read.then(None, inputs, [script, link], js=_SCRIPT, api_visibility="private")
    # Not before: Generate makes the link the page's address.
    told.then(None, js=(_HERE / "run_link.js").read_text(), api_visibility="private")
    model.change(
        choice,
        [model, class_label, guidance],
        [model, steps, class_label, guidance, banner],
        preprocess=False,
        show_progress="hidden",
        concurrency_limit=8,  # a model of the Hub takes its time
        api_visibility="private",
    )
    gr.on(
        [control.change for control in inputs],
        None,
        inputs,
        [script, link],
        js=_SCRIPT,
        api_visibility="private",
    )
