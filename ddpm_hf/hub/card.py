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
from ddpm_hf.hub.card_text import citation, metadata, usage

CARD = """---
{data}
---

# {name}

![samples](samples.png)

A denoising diffusion probabilistic model (DDPM): it turns noise into images of
{resolution} × {resolution} pixels. Trained on {dataset}.

![from noise to image](strip.png)

{usage}
## Training

![loss](loss.png)

| | |
|---|---|
| command | `{command}` |
| seed | {seed} |
| steps | {steps} of {total_steps}, {batch} images each |
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
{attribution}
{citation}"""


LICENCES = {
    *("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "gpl-3.0", "agpl-3.0", "unlicense"),
    *("cc0-1.0", "pddl", "odc-by", "odbl", "c-uda", "cdla-permissive-2.0", "cdla-sharing-1.0"),
    *("cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nd-4.0"),
    *("cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
    *("cc-by-nc-nd-4.0", "openrail", "unknown", "other"),
}
"""Of the Hub's names of licences, those that data sets have; it refuses a card with another."""


@dataclass(frozen=True)
class TrainingFacts:
    """The facts about a run that its card states."""

    name: str
    dataset: str
    on_hub: bool
    base_model: str | None
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


def without_token(command: list[str]) -> str:
    """The command as typed, without the value of --hub_token."""
    return re.sub(r"(--hub[-_]token[= ])\S+", r"\1…", shlex.join(command))


def _license(name: str | None) -> dict[str, str]:
    """A data set's licence as the Hub's metadata takes it."""
    if name is None:
        return {}
    known = re.sub(r"\W*[ _]\W*", "-", name.strip().lower())
    if known in LICENCES:
        return {"license": known}
    return {"license": "other", "license_name": " ".join(name.split())}


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
    return metadata(
        **_license(facts.license),
        base_model=facts.base_model,
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


def _papers(facts: TrainingFacts) -> list[str]:
    """What the run has of papers; as `citation` knows them."""
    min_snr = ["min-SNR"] if facts.config.get("snr_gamma") is not None else []
    return [facts.prediction, *(["guidance"] if facts.can_be_guided else []), *min_snr]


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
        "usage": usage(
            facts.name,
            facts.classes,
            can_be_guided=facts.can_be_guided,
            inference_steps=facts.inference_steps,
        ),
        "citation": citation(_papers(facts)),
        "command": without_token(facts.command),
        "config": json.dumps(facts.config, indent=2),
        "hardware": _hardware(facts),
        "validation": validation,
        "versions": ", ".join(f"{name} {version(name)}" for name in packages),
        "attribution": f"\n## Attribution\n\n{facts.attribution}\n" if facts.attribution else "",
    }
    return ModelCard(as_text(CARD.format(**{**vars(facts), **rendered})))
