"""What every model card says: how to use the model, and what to cite."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from huggingface_hub import ModelCardData

LOCAL = "  # this folder, or its id on the Hub"

STOCK_USAGE = """## Use it

```python
from diffusers import DDPMPipeline

pipe = DDPMPipeline.from_pretrained({name}){local}
pipe(batch_size=4, num_inference_steps={inference_steps}).images[0].save("picture.png")
```

With `ddpm_hf`, each step can be watched:

```python
from ddpm_hf import DDPMPipeline

pipe = DDPMPipeline.from_pretrained({name})
for step in pipe.stream(batch_size=4, num_inference_steps={inference_steps}):
    step.timestep, step.noisy_sample, step.pred_original_sample  # t − 1, x_t and x̂_0
```
"""

CLASS_USAGE = """## Use it

The model draws by class: {classes}. diffusers' own pipeline takes no class; `ddpm_hf`'s does:

```python
from ddpm_hf import DDPMPipeline

pipe = DDPMPipeline.from_pretrained({name}){local}
images = pipe(batch_size=4, num_inference_steps={inference_steps}, class_labels=0).images
images[0].save("picture.png")
```
"""

GUIDANCE = """
With `guidance_scale=2` or more, images are truer to their class and less varied.
Without `class_labels`, the model draws images of any class.
"""

CITATION = """## Citation

{papers}

```bibtex
@inproceedings{{ho2020denoising,
  title     = {{Denoising Diffusion Probabilistic Models}},
  author    = {{Ho, Jonathan and Jain, Ajay and Abbeel, Pieter}},
  booktitle = {{Advances in Neural Information Processing Systems}},
  volume    = {{33}},
  year      = {{2020}},
  url       = {{https://arxiv.org/abs/2006.11239}}
}}
```
"""

PAPERS = {
    "diffusion": ("Sohl-Dickstein et al. 2015", "1503.03585"),
    "DDPM": ("Ho et al. 2020", "2006.11239"),
    "fewer steps": ("Nichol & Dhariwal 2021", "2102.09672"),
    "v_prediction": ("Salimans & Ho 2022", "2202.00512"),
    "guidance": ("Ho & Salimans 2022", "2207.12598"),
    "min-SNR": ("Hang et al. 2023", "2303.09556"),
}
"""What of a model is a paper's → the paper, and its number on arXiv. The first three: any DDPM."""


def usage(name: str, classes: Sequence[str], *, can_be_guided: bool, inference_steps: int) -> str:
    """The section on how to use the model. name: its id on the Hub, or its folder's name."""
    text = (CLASS_USAGE if classes else STOCK_USAGE).format(
        name=json.dumps(name, ensure_ascii=False),  # a string of Python, too
        local="" if "/" in name else LOCAL,
        inference_steps=inference_steps,
        classes=", ".join(f"{i} {_escaped(word)}" for i, word in enumerate(classes)),
    )
    return text + (GUIDANCE if can_be_guided else "")


def _escaped(name: str) -> str:
    """A name from a data set, with the special characters of Markdown and HTML escaped."""
    return re.sub(r"([\\`*_\[\]<>&!#|])", r"\\\1", " ".join(name.split()))


def citation(features: Iterable[str]) -> str:
    """The section on what to cite; features: of those in `PAPERS`, others are no paper's."""
    wanted = {"diffusion", "DDPM", "fewer steps", *features}
    papers = [
        f"[{paper}](https://arxiv.org/abs/{number})"
        for feature, (paper, number) in PAPERS.items()
        if feature in wanted
    ]
    return CITATION.format(papers=f"The method is that of {'; '.join(papers)}.")


def metadata(**known: Any) -> ModelCardData:
    """The YAML header of a pipeline's card. known: what else ModelCardData takes."""
    return ModelCardData(
        library_name="diffusers",
        pipeline_tag="unconditional-image-generation",
        tags=["diffusers", "ddpm", "unconditional-image-generation"],
        **known,
    )


def with_id(card: str, model_id: str) -> str:
    """The card with this id in the lines of its section "Use it" that load the model."""

    def named(section: re.Match[str]) -> str:
        line = rf'from_pretrained\("(?:[^"\\]|\\.)*"\)(?:{re.escape(LOCAL)})?'
        return re.sub(line, f'from_pretrained("{model_id}")', section[0])

    return re.sub(r"^## Use it\n.*?(?=^## |\Z)", named, card, flags=re.DOTALL | re.MULTILINE)
