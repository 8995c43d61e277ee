"""The model card of a trained model: its text and its metadata."""

import json
import platform
import re
import shlex
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import EvalResult, ModelCard, ModelCardData

from ddpm_hf.errors import as_text

CARD = """---
{data}
---

# {name}

![samples](samples.png)

A denoising diffusion probabilistic model (DDPM): it turns noise into pictures of
{resolution} × {resolution} pixels. Trained on {dataset}.

![from noise to picture](strip.png)

{usage}
## Training

![loss](loss.png)

| | |
|---|---|
| command | `{command}` |
| seed | {seed} |
| steps | {steps} of {total_steps}, {batch} pictures each |
| wall time | {minutes:.0f} minutes |
| hardware | {hardware}, mixed precision: {precision} |
| loss | {loss} |
{validation}| diffusion | T = {T}, {schedule} β, predicts {prediction} |
| parameters | {parameters:.2f} million, stored as {dtype} |
| versions | {versions} |

The samples above: seed {seed}, {inference_steps} steps, not selected.

<details><summary>Configuration</summary>

```json
{config}
```

</details>
{attribution}"""


STOCK_USAGE = """## Use it

```python
from diffusers import DDPMPipeline

pipe = DDPMPipeline.from_pretrained("{name}")  # this folder, or its id on the Hub
pipe(batch_size=4, num_inference_steps={inference_steps}).images[0].save("picture.png")
```

With `ddpm_hf`, each step can be watched:

```python
from ddpm_hf import DDPMPipeline

pipe = DDPMPipeline.from_pretrained("{name}")
for step in pipe.stream(batch_size=4, num_inference_steps={inference_steps}):
    step.timestep, step.noisy_sample, step.pred_original_sample  # t − 1, x_t and x̂_0
```
"""

CLASS_USAGE = """## Use it

The model draws by class: {classes}. diffusers' own pipeline takes no class; `ddpm_hf`'s does:

```python
from ddpm_hf import DDPMPipeline

pipe = DDPMPipeline.from_pretrained("{name}")  # this folder, or its id on the Hub
images = pipe(batch_size=4, num_inference_steps={inference_steps}, class_labels=0).images
images[0].save("picture.png")
```
"""

GUIDANCE = """
With `guidance_scale=2`, or more, pictures keep closer to their class, and differ less from one
another. Without `class_labels`, the model draws pictures of any class.
"""


@dataclass(frozen=True)
class TrainingFacts:
    """The facts about a run that its card states."""

    name: str
    dataset: str
    on_hub: bool
    classes: list[str]
    can_be_guided: bool
    resolution: int
    command: list[str]
    config: dict[str, Any]
    seed: int
    steps: int
    total_steps: int
    batch: int
    minutes: float
    loss: float
    loss_steps: int
    validation_split: str | None
    validation_loss: float | None
    T: int
    schedule: str
    prediction: str
    inference_steps: int
    parameters: float
    dtype: str
    device: str
    precision: str
    processes: int
    license: str | None
    attribution: str | None


def _processor() -> str:
    """The name of the processor on Linux; elsewhere its family."""
    try:
        with Path("/proc/cpuinfo").open() as file:
            return next(line.split(":")[1].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _escaped(name: str) -> str:
    """A name from a data set, with the special characters of Markdown and HTML escaped."""
    return re.sub(r"([\\`*_\[\]<>&!#|])", r"\\\1", " ".join(name.split()))


def without_token(command: list[str]) -> str:
    """The command as typed, without the value of --hub_token."""
    return re.sub(r"(--hub[-_]token[= ])\S+", r"\1…", shlex.join(command))


def _metadata(facts: TrainingFacts) -> ModelCardData:
    """The card's YAML header, with the validation loss as a result if there is one."""
    results = []
    if facts.validation_loss is not None:
        results.append(
            EvalResult(
                task_type="unconditional-image-generation",
                dataset_type=facts.dataset,
                dataset_name=facts.dataset,
                dataset_split=facts.validation_split,
                metric_type="loss",
                metric_name="denoising loss",
                metric_value=facts.validation_loss,
            )
        )
    return ModelCardData(
        license=facts.license,
        library_name="diffusers",
        pipeline_tag="unconditional-image-generation",
        tags=["diffusers", "ddpm", "unconditional-image-generation"],
        datasets=[facts.dataset] if facts.on_hub else None,
        model_name=facts.name,
        eval_results=results or None,
    )


def _hardware(facts: TrainingFacts) -> str:
    """The GPU, or the processor and its threads; times the number of processes."""
    threads = torch.get_num_threads()
    one = (
        torch.cuda.get_device_name()
        if facts.device == "cuda"
        else f"{_processor()}, {threads} thread{'' if threads == 1 else 's'}"
    )
    return f"{facts.processes} × {one}" if facts.processes > 1 else one


def _usage(facts: TrainingFacts) -> str:
    """The section on how to use the model."""
    text = (CLASS_USAGE if facts.classes else STOCK_USAGE).format(
        name=facts.name,
        inference_steps=facts.inference_steps,
        classes=", ".join(f"{i} {_escaped(name)}" for i, name in enumerate(facts.classes)),
    )
    return text + (GUIDANCE if facts.can_be_guided else "")


def model_card(facts: TrainingFacts) -> ModelCard:
    """The card of a run."""
    loss, validation = "not recorded", ""
    if facts.loss_steps:
        loss = f"{facts.loss:.4f}, mean of the last {facts.loss_steps} steps"
    if facts.validation_loss is not None:
        validation = f"| loss on `{facts.validation_split}` | {facts.validation_loss:.4f} |\n"
    packages = ("torch", "diffusers", "accelerate", "datasets")
    rendered = {
        "data": _metadata(facts).to_yaml(),
        "dataset": f"`{facts.dataset}`",
        "loss": loss,
        "usage": _usage(facts),
        "command": without_token(facts.command),
        "config": json.dumps(facts.config, indent=2),
        "hardware": _hardware(facts),
        "validation": validation,
        "versions": ", ".join(f"{name} {version(name)}" for name in packages),
        "attribution": f"\n## Attribution\n\n{facts.attribution}\n" if facts.attribution else "",
    }
    return ModelCard(as_text(CARD.format(**{**vars(facts), **rendered})))
