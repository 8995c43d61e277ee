"""Loading a model that a command-line flag names."""

from pathlib import Path
from typing import Any

from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.pipeline import DDPMPipeline


def load_pipeline(name: str, flag: str) -> DDPMPipeline:
    """The model given to a command-line flag. Raises UserError if it can't be loaded or sampled."""
    try:
        pipeline = DDPMPipeline.from_pretrained(name)
    except OSError as error:
        if (Path(name) / "model_index.json").exists():
            raise UserError(f"Can't load {flag} {name!r}: {first_sentence(error)}.") from error
        if "necessary `safetensors` weights" in str(error):
            raise UserError(
                f"Can't load {flag} {name!r}: it has no safetensors without a variant; load it with"
                " use_safetensors=False or its variant in Python, and name the folder that"
                " save_pretrained makes of it."
            ) from error
        raise UserError(
            f"Can't load {flag} {name!r}: neither a pipeline's folder, nor a bundled model, nor one"
            " on the Hub."
        ) from error
    except ValueError as error:
        raise UserError(f"Can't load {flag} {name!r}: {first_sentence(error)}.") from error
    check_classes(name, pipeline.unet.config)
    if pipeline.unet.config.sample_size is None:
        raise UserError(
            f"{name} does not say how big its pictures are: give its unet/config.json a"
            " sample_size."
        )
    return pipeline


def check_classes(name: str, config: Any) -> None:
    """Raise UserError for a class-conditional UNet whose classes are not numbered."""
    if config.class_embed_type is not None:
        raise UserError(
            f"{name} has the class_embed_type {config.class_embed_type!r}; only a UNet with"
            " numbered classes (num_class_embeds) or none can be used here."
        )
