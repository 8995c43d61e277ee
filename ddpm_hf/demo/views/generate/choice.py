"""Which model draws, and what it lets one choose: its number of steps, classes and guidance."""

from typing import Any

import gradio as gr

from ddpm_hf.demo.service.limits import one_of
from ddpm_hf.demo.service.models import MODEL, Models
from ddpm_hf.demo.texts import EN, spoken
from ddpm_hf.pipeline import DDPMPipeline

EACH, ANY = "each", "any"
"""One class after the other, and none in particular; beside them a class is its number."""
NO_CLASSES = ""


def known_classes(pipeline: DDPMPipeline) -> list[str]:
    """What the class may be for this model, if it knows any."""
    numbers = [str(i) for i in range(len(pipeline.class_names))]
    return [EACH, *([] if pipeline.null_class is None else [ANY]), *numbers]


def labels_of(
    pipeline: DDPMPipeline, class_label: Any, number: int, request: gr.Request | None
) -> list[int] | None:
    """A class for each picture; None where it is left open, or the model knows none.

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
    """A choice of class in words, those of the bundled models in the browser's language."""
    name = pipeline.class_names[int(choice)] if choice.isdigit() else choice
    key = f"generate_class_{name}"
    return spoken(request, key) if key in EN else name


def choose(
    models: Models, name: Any, class_label: Any, guidance: Any, request: gr.Request
) -> tuple[Any, ...]:
    """For the page: model, steps, class, guidance, and what is to be said."""
    try:
        pipeline, name = models.get(name, request), str(name).strip()
        # What the page does when it puts the bundled model in must leave the sentence there.
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
