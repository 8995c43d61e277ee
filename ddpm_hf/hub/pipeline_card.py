"""The card beside a saved pipeline: that of the model it was loaded from, else a plain one."""

import shutil
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, ModelCard
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from ddpm_hf.bundled import is_on_hub
from ddpm_hf.hub.card_text import citation, metadata, usage
from ddpm_hf.hub.upload import PICTURES
from ddpm_hf.unet import height_width

PLAIN = """---
{data}
---

# {name}

A denoising diffusion probabilistic model (DDPM): it turns noise into images{size}. {origin}

{usage}
## Model

| | |
|---|---|
| parameters | {parameters:.2f} million |
| scheduler | `{scheduler}`, T = {T}, predicts {prediction} |

{citation}"""
UNKNOWN = "What it was trained on, and its licence, are not recorded here."
ELSEWHERE = "Loaded from [{0}](https://huggingface.co/{0}), whose card has its data and licence."


def write_card(pipeline: Any, folder: Path, name: str, *, online: bool, token: str | None) -> None:
    """Give a folder a README.md, unless it has one.

    pipeline: a DDPMPipeline. name: what a plain card calls it. online: whether the card of a model
    from the Hub may be downloaded; else it is taken if it is in the cache.
    """
    if (folder / "README.md").exists():
        return
    source = _source(pipeline.name_or_path, online, token)
    if source is None or not (source / "README.md").exists():
        plain_card(pipeline, name).save(folder / "README.md")
        return
    for file in ("README.md", *PICTURES):
        if (source / file).exists():
            shutil.copyfile(source / file, folder / file)


def _source(name: str | None, online: bool, token: str | None) -> Path | None:
    """The folder with the card of the model that a pipeline was loaded from, if there is one."""
    if name is None:
        return None
    if not is_on_hub(name):
        return Path(name)
    wanted, api = ["README.md", *PICTURES], HfApi(token=token)
    try:
        return Path(api.snapshot_download(name, allow_patterns=wanted, local_files_only=not online))
    except (HfHubHTTPError, LocalEntryNotFoundError):
        return None


def plain_card(pipeline: Any, name: str) -> ModelCard:
    """A card that says how to use a pipeline, and of it what its configs say."""
    sides, loaded = pipeline.unet.config.sample_size, pipeline.name_or_path
    on_hub = loaded if loaded is not None and is_on_hub(loaded) else None
    prediction = pipeline.scheduler.config.get("prediction_type", "epsilon")
    T, can_be_guided = pipeline.num_train_timesteps, pipeline.null_class is not None
    steps = {"can_be_guided": can_be_guided, "inference_steps": min(50, T)}
    return ModelCard(
        PLAIN.format(
            data=metadata(base_model=on_hub).to_yaml(),
            name=name,
            size="" if sides is None else " of {1} × {0} pixels".format(*height_width(sides)),
            origin=ELSEWHERE.format(on_hub) if on_hub else UNKNOWN,
            usage=usage(name, pipeline.class_names, **steps),
            parameters=sum(p.numel() for p in pipeline.unet.parameters()) / 1e6,
            scheduler=type(pipeline.scheduler).__name__,
            T=T,
            prediction=prediction,
            citation=citation([prediction, *(["guidance"] if can_be_guided else [])]),
        )
    )
