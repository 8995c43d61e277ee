"""The flags of the trainer, in the groups in which --help shows them; diffusers' own first."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import tyro


@dataclass(frozen=True)
class DiffusersFlags:
    """The flags of diffusers' train_unconditional.py, with their meaning and their defaults."""

    dataset_name: str | None = None
    """A local folder (parquet, arrow or pictures), `cats`, or the id of a data set on the Hub."""
    dataset_config_name: str | None = None
    """Which configuration of the data set, where it has several."""
    model_config_name_or_path: str | None = None
    """Take the UNet's whole configuration from this folder, file or Hub id."""
    train_data_dir: str | None = None
    """A folder of pictures, instead of --dataset_name; all in it are one split."""
    output_dir: str = "ddpm-model-64"
    """Where the pipeline, its card, samples, logs and checkpoints go."""
    overwrite_output_dir: bool = False
    """Start anew in a folder that holds another run; its checkpoints and samples are removed. With
    --resume_from_checkpoint and an earlier checkpoint of the run, the newer ones are."""
    cache_dir: str | None = None
    """Where data sets are cached."""
    resolution: int = 64
    """Pictures are scaled so that their shorter side has this many pixels, then cropped square."""
    center_crop: bool = False
    """Crop the middle, rather than a random square, of pictures that are not square."""
    random_flip: bool = False
    """Mirror each picture with probability ½."""
    train_batch_size: int = 16
    """Pictures a process sees at once."""
    eval_batch_size: int = 16
    """Pictures in a sample grid."""
    dataloader_num_workers: int = 0
    """Processes that prepare batches ahead; of use where pictures are not kept in memory."""
    num_epochs: int = 100
    """Passes through the data, unless --max_train_steps is given."""
    save_images_epochs: int = 10
    """Epochs from one sample grid to the next."""
    save_model_epochs: int = 10
    """Epochs from one saved pipeline to the next."""
    gradient_accumulation_steps: int = 1
    """Batches whose gradients are added up before a step."""
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
    use_ema: bool = False
    """Keep a moving average of the weights, and sample and save with it."""
    ema_inv_gamma: float = 1.0
    """The average's decay at step i is 1 − (1 + i/inv_gamma)^(−power), up to ema_max_decay."""
    ema_power: float = 0.75
    """See --ema_inv_gamma."""
    ema_max_decay: float = 0.9999
    """See --ema_inv_gamma."""
    push_to_hub: bool = False
    """Upload the pipeline, its card and its pictures; never checkpoints, logs or data."""
    hub_token: str | None = field(default=None, repr=False)
    """Unless given, $HF_TOKEN or the one from `hf auth login`. Never written or shown."""
    hub_model_id: str | None = None
    """The model's id on the Hub; unless given, the output folder's name."""
    hub_private_repo: bool = False
    """Make it a private one."""
    logger: Annotated[
        Literal["tensorboard", "wandb", "trackio"], tyro.conf.arg(aliases=["--report_to"])
    ] = "tensorboard"
    """Where the loss curve and the grids go; --report_to as in diffusers' other scripts."""
    logging_dir: str = "logs"
    """The log's folder, inside the output folder."""
    local_rank: int = -1
    """Accepted for diffusers' sake: the launcher tells each process its place."""
    mixed_precision: Literal["no", "fp16", "bf16"] | None = None
    """Unless given, what `accelerate launch --mixed_precision` says."""
    prediction_type: Literal["epsilon", "sample", "v_prediction"] = "epsilon"
    """What the network predicts: the noise ε (the notes), x_0, or v."""
    ddpm_num_steps: int = 1000
    """T, the number of diffusion steps (the notes: 2000)."""
    ddpm_num_inference_steps: int = 1000
    """Steps in which the sample grids are drawn."""
    ddpm_beta_schedule: Literal[
        "linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", "laplace"
    ] = "linear"
    """How β rises; the notes: in a straight line."""
    checkpointing_steps: int = 500
    """Steps from one checkpoint, to resume from, to the next."""
    checkpoints_total_limit: int | None = None
    """How many of the newest checkpoints are kept; unless given, all."""
    resume_from_checkpoint: str | None = None
    """`latest`, or the folder of a checkpoint, to go on from."""
    enable_xformers_memory_efficient_attention: bool = False
    """Accepted for diffusers' sake: PyTorch's own attention is as lean."""
    preserve_input_precision: bool = False
    """Keep the 65,536 shades of grey pictures of 16 bits, instead of 256."""


@dataclass(frozen=True)
class DataFlags:
    """Which pictures, of which classes, and how they are read."""

    split: str = "train"
    """The split to train on."""
    image_column: str | None = None
    """The column with the pictures, or the bytes or paths of their files; unless given, `image`, or
    the first of that type."""
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


@dataclass(frozen=True)
class NetworkFlags:
    """The UNet2DModel."""

    init_from: str | None = None
    """Go on from a trained pipeline: a folder, a bundled model or a Hub id. Its network and noise
    schedule are kept, so the settings of both here do not matter."""
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


@dataclass(frozen=True)
class DiffusionFlags:
    """What the network learns of the diffusion."""

    variance_type: Literal["fixed_small", "fixed_large", "learned_range"] = "fixed_small"
    """The variance of a reverse step: β̃, β, or learned between them with a term of the VLB."""
    loss: Literal["l2", "l1"] = "l2"
    """How the prediction is compared with the truth; the notes allow both."""
    snr_gamma: float | None = None
    """Weight timesteps by min-SNR-γ with this γ; its authors take 5."""
    timestep_sampling: Literal["uniform", "logit_normal"] = "uniform"
    """How often each t is trained: all alike (the notes), or with logit(t/T) normal; with
    learned_range, whose bound needs all t, every second one."""
    logit_mean: float = -2.0
    """Of logit(t/T) for logit_normal. At T = 2000 with the linear β, −2 is where most of a picture
    is made, and few draws go to what is nearly pure noise."""
    logit_std: float = 1.0
    """See --logit_mean."""


@dataclass(frozen=True)
class OptimisationFlags:
    """How it learns, and for how long."""

    seed: int = 0
    """Decides the first weights, the order of the pictures, the timesteps and the noise."""
    max_train_steps: int | None = None
    """Optimiser steps, instead of --num_epochs. The learning rate's decay spans them."""
    max_train_minutes: float | None = None
    """Stop after this long, if not done before; what was reached is saved like a finished run."""
    optimizer: Literal["adamw", "muon"] = "adamw"
    """`muon` makes the mean gradient of each matrix and filter orthogonal, and leaves the rest to
    AdamW. It learns in far fewer steps, each of which takes longer. A rate of 3e-3 suits it,
    with --adam_weight_decay 1e-2."""
    max_grad_norm: float = 1.0
    """Gradients longer than this are shortened to it."""


@dataclass(frozen=True)
class OutputFlags:
    """What is written."""

    weights_dtype: Literal["float32", "float16"] = "float32"
    """How the finished weights are stored; diffusers loads either as float32."""
    logging_steps: int = 10
    """Steps from one row of the log to the next."""
