"""The configuration of a run: one frozen dataclass, read from a JSON file and the command line."""

import dataclasses
import json
import sys
from argparse import ArgumentParser
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import tyro

from ddpm_hf.errors import UserError
from ddpm_hf.training.config_checks import check

DATA = ("dataset_name", "train_data_dir")
"""The two settings that name the data; one of them is given."""
NOT_SAVED = ("config", "hub_token", "overwrite_output_dir", "resume_from_checkpoint")
"""Settings that are never saved: secrets, and how this one run was started."""


@dataclass(frozen=True)
class TrainConfig:
    """Train a DDPM on a data set of pictures and write a pipeline that stock diffusers loads.

    The flags of diffusers' train_unconditional.py keep their meaning and their defaults.
    """

    config: str | None = None
    """A JSON file with any of these settings; flags override it. Recipes are in configs/."""

    # Data
    dataset_name: str | None = None
    """A local folder (parquet, arrow or pictures), `cats`, or the id of a data set on the Hub."""
    dataset_config_name: str | None = None
    """Which configuration of the data set, where it has several."""
    train_data_dir: str | None = None
    """A folder of pictures, instead of --dataset_name; all in it are one split."""
    cache_dir: str | None = None
    """Where data sets are cached."""
    split: str = "train"
    """The split to train on."""
    image_column: str | None = None
    """The column with the pictures, or the bytes or paths of their files; unless given, `image`, or
    the first of that type."""
    resolution: int = 64
    """Pictures are scaled so that their shorter side has this many pixels, then cropped square."""
    center_crop: bool = False
    """Crop the middle, rather than a random square, of pictures that are not square."""
    random_flip: bool = False
    """Mirror each picture with probability ½."""
    preserve_input_precision: bool = False
    """Keep the 65,536 shades of grey pictures of 16 bits, instead of 256."""
    channels: Literal[1, 3, 4] | None = None
    """Read pictures as grey (1), RGB (3) or RGBA (4); unless given, the most that any of some
    pictures, from all over the set, has."""
    background: Literal["white", "black"] = "white"
    """What transparent pictures are laid on where they are read as grey or RGB."""
    class_column: str | None = None
    """Train by class: the column with each picture's class. It is a ClassLabel, or has whole
    numbers, words or truth values, each of which is a class then, in sorted order."""
    class_dropout: float = 0.0
    """The probability that a picture's class is hidden: the model learns to draw without one, too,
    and can be guided (--guidance_scale). 0.1 is usual."""
    validation_split: str | None = None
    """A split to measure the loss on, whenever a sample grid is drawn."""
    streaming: bool = False
    """Read the data set as it is needed, for sets bigger than the disk; of no effect on `cats`, on
    folders of pictures and on what save_to_disk wrote."""
    in_memory: Literal["auto", "always", "never"] = "auto"
    """Decode all pictures once and keep them; `auto`: if a quarter of the memory is enough."""
    dataloader_num_workers: int = 0
    """Processes that prepare batches ahead; of use where pictures are not kept in memory."""

    # The network, a UNet2DModel
    init_from: str | None = None
    """Go on from a trained pipeline: a folder, a bundled model or a Hub id. Its network and noise
    schedule are kept, so the settings of both here do not matter."""
    model_config_name_or_path: str | None = None
    """Take the UNet's whole configuration from this folder or Hub id."""
    block_out_channels: tuple[int, ...] = (128, 128, 256, 256, 512, 512)
    """Channels of each level; the picture is halved between levels."""
    layers_per_block: int = 2
    """Residual layers at each level."""
    attention_levels: tuple[int, ...] = (4,)
    """The levels, from 0, that have self-attention."""
    attention_head_dim: int = 8
    """Channels of one attention head."""
    norm_num_groups: int = 32
    """Groups of the group norms; divides every number of channels."""
    gradient_checkpointing: bool = False
    """Use less memory and more time: work some of the network out twice."""
    compile: bool = False
    """Compile the network first; on a GPU."""
    enable_xformers_memory_efficient_attention: bool = False
    """Accepted for diffusers' sake: PyTorch's own attention is as lean."""

    # Diffusion
    ddpm_num_steps: int = 1000
    """T, the number of diffusion steps (the notes: 2000)."""
    ddpm_beta_schedule: Literal[
        "linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", "laplace"
    ] = "linear"
    """How β rises; the notes: in a straight line."""
    prediction_type: Literal["epsilon", "sample", "v_prediction"] = "epsilon"
    """What the network predicts: the noise ε (the notes), x_0, or v."""
    variance_type: Literal["fixed_small", "fixed_large", "learned_range"] = "fixed_small"
    """The variance of a reverse step: β̃, β, or learned between them with a term of the VLB."""
    loss: Literal["l2", "l1"] = "l2"
    """How the prediction is compared with the truth; the notes allow both."""
    snr_gamma: float | None = None
    """Weight timesteps by min-SNR-γ with this γ; its authors take 5."""
    timestep_sampling: Literal["uniform", "logit_normal"] = "uniform"
    """How often each t is trained: all alike (the notes), or with logit(t/T) normal."""
    logit_mean: float = -2.0
    """Of logit(t/T) for logit_normal. At T = 2000 with the linear β, −2 is where most of a picture
    is made, and few draws go to what is nearly pure noise."""
    logit_std: float = 1.0
    """See --logit_mean."""

    # Optimisation
    seed: int = 0
    """Decides the first weights, the order of the pictures, the timesteps and the noise."""
    train_batch_size: int = 16
    """Pictures a process sees at once."""
    gradient_accumulation_steps: int = 1
    """Batches whose gradients are added up before a step."""
    num_epochs: int = 100
    """Passes through the data, unless --max_train_steps is given."""
    max_train_steps: int | None = None
    """Optimiser steps, instead of --num_epochs. The learning rate's decay spans them."""
    max_train_minutes: float | None = None
    """Stop after this long, if not done before; what was reached is saved like a finished run."""
    optimizer: Literal["adamw", "muon"] = "adamw"
    """`muon` makes the mean gradient of each matrix and filter orthogonal, and leaves the rest to
    AdamW. It learns in far fewer steps, each of which takes longer. A rate of 3e-3 suits it,
    with --adam_weight_decay 1e-2."""
    learning_rate: float = 1e-4
    """The highest learning rate, after the warm-up."""
    lr_scheduler: Literal[
        "linear",
        "cosine",
        "cosine_with_restarts",
        "polynomial",
        "constant",
        "constant_with_warmup",
    ] = "cosine"
    """How the learning rate falls after the warm-up."""
    lr_warmup_steps: int = 500
    """Steps in which the learning rate rises from zero."""
    adam_beta1: float = 0.95
    """Adam's decay of the mean gradient."""
    adam_beta2: float = 0.999
    """Adam's decay of the squared gradient."""
    adam_weight_decay: float = 1e-6
    """AdamW's weight decay."""
    adam_epsilon: float = 1e-8
    """Adam's ε."""
    max_grad_norm: float = 1.0
    """Gradients longer than this are shortened to it."""
    use_ema: bool = False
    """Keep a moving average of the weights, and sample and save with it."""
    ema_inv_gamma: float = 1.0
    """The average's decay at step i is 1 − (1 + i/inv_gamma)^(−power), up to ema_max_decay."""
    ema_power: float = 0.75
    """See --ema_inv_gamma."""
    ema_max_decay: float = 0.9999
    """See --ema_inv_gamma."""
    mixed_precision: Literal["no", "fp16", "bf16"] | None = None
    """Unless given, what `accelerate launch --mixed_precision` says."""
    local_rank: int = -1
    """Accepted for diffusers' sake: the launcher tells each process its place."""

    # What comes out
    output_dir: str = "ddpm-model-64"
    """Where the pipeline, its card, samples, logs and checkpoints go."""
    overwrite_output_dir: bool = False
    """Start anew in a folder that holds another run; its checkpoints and samples are removed. With
    --resume_from_checkpoint and an earlier checkpoint of the run, the newer ones are."""
    weights_dtype: Literal["float32", "float16"] = "float32"
    """How the finished weights are stored; diffusers loads either as float32."""
    eval_batch_size: int = 16
    """Pictures in a sample grid."""
    ddpm_num_inference_steps: int = 1000
    """Steps in which the sample grids are drawn."""
    save_images_epochs: int = 10
    """Epochs from one sample grid to the next."""
    save_model_epochs: int = 10
    """Epochs from one saved pipeline to the next."""
    checkpointing_steps: int = 500
    """Steps from one checkpoint, to resume from, to the next."""
    checkpoints_total_limit: int | None = None
    """How many of the newest checkpoints are kept; unless given, all."""
    resume_from_checkpoint: str | None = None
    """`latest`, or the folder of a checkpoint, to go on from."""
    logger: Literal["tensorboard", "wandb", "trackio"] = "tensorboard"
    """Where the loss curve and the grids go."""
    logging_dir: str = "logs"
    """The log's folder, inside the output folder."""
    logging_steps: int = 10
    """Steps from one row of the log to the next."""

    # The Hub
    push_to_hub: bool = False
    """Upload the pipeline, its card and its pictures; never checkpoints, logs or data."""
    hub_model_id: str | None = None
    """The model's id on the Hub; unless given, the output folder's name."""
    hub_private_repo: bool = False
    """Make it a private one."""
    hub_token: str | None = field(default=None, repr=False)
    """Unless given, $HF_TOKEN or the one from `hf auth login`. Never written or shown."""

    def __post_init__(self) -> None:
        check(self)

    def settings(self) -> dict[str, Any]:
        """All settings but those of `NOT_SAVED`."""
        return {k: v for k, v in dataclasses.asdict(self).items() if k not in NOT_SAVED}

    def recipe(self) -> dict[str, Any]:
        """The settings that differ from the defaults, but for paths on this machine."""
        defaults = {f.name: f.default for f in dataclasses.fields(self)}
        changed = {k: v for k, v in self.settings().items() if v != defaults[k]}
        return {k: v for k, v in changed.items() if k not in ("output_dir", "cache_dir")}

    def save(self, path: Path) -> None:
        """Write the file that `--config` reads."""
        path.write_text(json.dumps(self.settings(), indent=2) + "\n")


def flags_in(path: str, *, without: Collection[str] = ()) -> list[str]:
    """The settings of a JSON file, as flags; those named in `without` are left out.

    Raises UserError for a file that can't be read, or has unknown settings.
    """
    try:
        settings: Any = json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"Can't read the configuration {path}: {error}.") from error
    if not isinstance(settings, dict):
        raise UserError(f"Can't read the configuration {path}: it is no JSON object.")
    known = {f.name for f in dataclasses.fields(TrainConfig)}
    if unknown := sorted(set(settings) - known):
        raise UserError(f"{path} has settings that do not exist: {', '.join(unknown)}.")
    flags = []
    for name, value in settings.items():
        if name == "config" or name in without:
            continue
        if isinstance(value, bool):
            flags.append(f"--{name}" if value else f"--no-{name}")
        elif value is not None:
            flags += [f"--{name}", *map(str, value if isinstance(value, list) else [value])]
    return flags


def parse_config(arguments: list[str] | None = None) -> TrainConfig:
    """The configuration from the command line, over the file that `--config` names."""
    arguments = sys.argv[1:] if arguments is None else arguments
    first_look = ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("config", *DATA):
        first_look.add_argument(f"--{name}", f"--{name.replace('_', '-')}")
    first = first_look.parse_known_args(arguments)[0]
    named = DATA if first.dataset_name or first.train_data_dir else ()  # instead of the file's
    recipe = flags_in(first.config, without=named) if first.config else []
    config = tyro.cli(
        TrainConfig,
        args=[*recipe, *arguments],  # of two, the later counts
        prog="train_accelerate.py",
        use_underscores=True,
    )
    # Some trackers save the command line; the token must not be in it.
    if config.hub_token:
        sys.argv = [word.replace(config.hub_token, "…") for word in sys.argv]
    return config
