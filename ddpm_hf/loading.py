"""Loading a model that a command-line flag names."""

from pathlib import Path

import torch
from diffusers import UNet2DModel

from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.unet import height_width


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
    except Exception as error:  # of files that hold anything
        raise UserError(
            f"Can't load {flag} {name!r}: its files are not what diffusers writes"
            f" ({type(error).__name__}: {first_sentence(error)})."
        ) from error
    try_network(name, pipeline)
    return pipeline


@torch.no_grad()
def try_network(name: str, pipeline: DDPMPipeline) -> None:
    """Raise UserError unless the network can be used here: it is run at the first and the last t.

    It must be a UNet2DModel with a sample size and numbered classes, if any, and give finite
    numbers, as many channels as the image has, or twice as many with a learned variance.
    """
    unet, T = pipeline.unet, pipeline.num_train_timesteps
    if not isinstance(unet, UNet2DModel):
        raise UserError(f"{name} has a {type(unet).__name__}; only a UNet2DModel can be used here.")
    if unet.config.class_embed_type is not None:
        raise UserError(
            f"{name} has the class_embed_type {unet.config.class_embed_type!r}; only a UNet with"
            " numbered classes (num_class_embeds) or none can be used here."
        )
    if unet.config.sample_size is None:
        raise UserError(
            f"The size of {name}'s images is unknown: give its unet/config.json a sample_size."
        )
    channels, size = unet.config.in_channels, height_width(unet.config.sample_size)
    x_t = torch.zeros(1, channels, *size, dtype=unet.dtype, device=unet.device)
    label = None if unet.class_embedding is None else x_t.new_zeros(1, dtype=torch.long)
    for t in (1, T):
        try:
            output = unet(x_t, t - 1, label, return_dict=False)[0]
            shape = tuple(output.shape[1:])
            wrong = "" if output.isfinite().all() else "gives NaN or infinity"
            if shape not in {(channels, *size), (2 * channels, *size)}:
                wrong = f"makes {shape} of images of {(channels, *size)}"
        except Exception as error:  # of any code that a network may have
            wrong = f"fails ({first_sentence(error)})"
        if wrong:
            raise UserError(
                f"The network of {name} {wrong} at t = {t} of {T}; its time_embedding_type is"
                f" {unet.config.time_embedding_type!r}."
            )
