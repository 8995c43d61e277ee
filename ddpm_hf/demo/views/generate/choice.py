"""The choice of model, and what depends on it: the number of steps, classes, guidance."""

from typing import Any

import gradio as gr
from diffusers import UNet2DModel

from ddpm_hf.bundled import PRETRAINED, bundled_models
from ddpm_hf.demo.service.limits import one_of
from ddpm_hf.demo.service.models import MODEL, Models
from ddpm_hf.demo.texts import EN, spoken
from ddpm_hf.pipeline import DDPMPipeline

EACH, ANY = "each", "any"
"""Each class in turn; no class in particular. Any other choice is a class's number."""
NO_CLASSES = ""


def known_classes(pipeline: DDPMPipeline) -> list[str]:
    """The choices of class for a model that has classes."""
    return _choices(len(pipeline.class_names), pipeline.null_class is not None)


def _choices(classes: int, can_be_any: bool) -> list[str]:
    return [EACH, *([ANY] if can_be_any else []), *map(str, range(classes))]


def bundled_classes() -> dict[str, list[str]]:
    """The choices of class of each bundled model, from its config; none where it has no classes."""
    choices = dict[str, list[str]]()
    for name in bundled_models():
        known = UNet2DModel.load_config(PRETRAINED / name, subfolder="unet")["num_class_embeds"]
        names = DDPMPipeline.load_config(PRETRAINED / name).get("id2label", range(known or 0))
        choices[name] = _choices(len(names), known > len(names)) if known else []
    return choices


def labels_of(
    pipeline: DDPMPipeline, class_label: Any, number: int, request: gr.Request | None
) -> list[int] | None:
    """A class for each picture; None where it is left open, or the model has no classes.

    class_label: one of `known_classes`; nothing is EACH. Raises gr.Error for another.
    """
    classes = len(pipeline.class_names)
    if not classes:
        return None
    asked = EACH if class_label in (None, NO_CLASSES) else str(class_label)
    known = known_classes(pipeline)
    chosen = one_of(spoken(request, "generate_class"), asked, known, request)
    if chosen == ANY:
        return None
    return [i % classes if chosen == EACH else int(chosen) for i in range(number)]


def _named(pipeline: DDPMPipeline, choice: str, request: gr.Request) -> str:
    """The label of a choice of class; for bundled models in the browser's language."""
    name = pipeline.class_names[int(choice)] if choice.isdigit() else choice
    key = f"generate_class_{name}"
    return spoken(request, key) if key in EN else name


def choose(
    models: Models, name: Any, class_label: Any, guidance: Any, request: gr.Request
) -> tuple[Any, ...]:
    """Updates for the page: model, steps, class, guidance, banner."""
    try:
        pipeline, name = models.get(name, request), str(name).strip()
        # To put the bundled model in comes here again; the banner stays then.
        said = gr.skip() if name == MODEL else gr.update(visible=False)
    except gr.Error as error:
        sentence = spoken(request, "limits_model_instead", reason=error.message, model=MODEL)
        said = gr.update(value=sentence, visible=True)
        name, pipeline = MODEL, models.get(MODEL)
    has_classes = bool(pipeline.class_names)
    known = known_classes(pipeline) if has_classes else [NO_CLASSES]
    choices = [(_named(pipeline, choice, request), choice) for choice in known]
    can_be_guided = pipeline.null_class is not None
    return (
        name,
        gr.update(maximum=pipeline.num_train_timesteps),
        gr.update(
            choices=choices,
            value=class_label if class_label in known else known[0],
            visible=has_classes,
        ),
        gr.update(visible=can_be_guided, value=guidance if can_be_guided else 1),
        said,
    )
