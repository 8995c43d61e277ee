"""The model card: what a trained model says of itself, on the Hub and in its folder."""

import platform
import shlex
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch
from huggingface_hub import ModelCard, ModelCardData

CARD = """---
{data}
---

# {name}

![samples](samples.png)

A denoising diffusion probabilistic model (DDPM): it turns noise into pictures of
{resolution} × {resolution} pixels. Trained on `{dataset}`.

```python
from diffusers import DDPMPipeline

pipe = DDPMPipeline.from_pretrained("{name}")  # this folder, or its id on the Hub
pipe(batch_size=4, num_inference_steps={inference_steps}).images[0].save("picture.png")
```

`ddpm_hf.DDPMPipeline` loads it too, and shows each step with `stream()`.

## Training

| | |
|---|---|
| command | `{command}` |
| seed | {seed} |
| steps | {steps} of {total_steps}, {batch} pictures each |
| wall time | {minutes:.0f} minutes |
| hardware | {hardware} |
| loss | {loss:.4f}, mean of the last {loss_steps} steps |
| diffusion | T = {T}, {schedule} β, predicts {prediction} |
| parameters | {parameters:.2f} million, stored as {dtype} |
| versions | {versions} |

The samples above: seed {seed}, {inference_steps} steps, not selected.
{attribution}"""


@dataclass(frozen=True)
class TrainingFacts:
    """What a card states of a run, all of it measured."""

    name: str
    dataset: str
    resolution: int
    command: list[str]
    seed: int
    steps: int
    total_steps: int
    batch: int
    minutes: float
    loss: float
    loss_steps: int
    T: int
    schedule: str
    prediction: str
    inference_steps: int
    parameters: float
    dtype: str
    device: str
    processes: int
    license: str | None
    attribution: str | None


def _processor() -> str:
    """The processor's name, as Linux tells it; elsewhere its family."""
    try:
        with Path("/proc/cpuinfo").open() as file:
            return next(line.split(":")[1].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def model_card(facts: TrainingFacts) -> ModelCard:
    """The card of a finished run."""
    data = ModelCardData(
        license=facts.license,
        library_name="diffusers",
        pipeline_tag="unconditional-image-generation",
        tags=["diffusers", "ddpm", "unconditional-image-generation"],
        datasets=None if facts.dataset == "cats" else [facts.dataset],
    )
    hardware = (
        f"{_processor()}, {torch.get_num_threads()} threads"
        if facts.device == "cpu"
        else torch.cuda.get_device_name()
    )
    packages = ("torch", "diffusers", "accelerate", "datasets")
    text = CARD.format(
        **{k: v for k, v in vars(facts).items() if k not in ("command", "attribution")},
        data=data.to_yaml(),
        command=shlex.join(facts.command),
        hardware=f"{facts.processes} × {hardware}" if facts.processes > 1 else hardware,
        versions=", ".join(f"{name} {version(name)}" for name in packages),
        attribution=f"\n## Attribution\n\n{facts.attribution}\n" if facts.attribution else "",
    )
    return ModelCard(text)
