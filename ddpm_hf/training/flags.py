"""The flags of the trainer, in the groups in which --help shows them; diffusers' are among them."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import tyro


@dataclass(frozen=True)
class DataFlags:
    """Which images, of which classes, and how they are read."""

    dataset_name: str | None = None
    """A local folder (parquet, arrow or images), `cats`, or the id of a data set on the Hub."""
    train_data_dir: str | None = None
    """A folder of images, instead of --dataset_name; all of it is one split."""
    resolution: int = 64
    """Images are scaled so that their shorter side has this many pixels, then cropped square."""
    center_crop: bool = False
    """Crop the middle, rather than a random square, of images that are not square."""
    random_flip: bool = False
    """Mirror each image with probability ½."""
    split: str = "train"
    """The split to train on."""
    validation_split: str | None = None
    """A split to measure the loss on, whenever a sample grid is drawn."""
    image_column: str | None = None
    """The column with the images, or the bytes or paths of their files; by default `image`, or the
    first column of images."""
    channels: Literal[1, 3, 4] | None = None
    """Read images as grey (1), RGB (3) or RGBA (4); by default, the most channels found in
    a sample of images from the whole set."""
    background: Literal["white", "black"] = "white"
    """What transparent images are laid on where they are read as grey or RGB."""
    preserve_input_precision: bool = False
    """Keep the 65,536 shades of grey images of 16 bits, instead of 256."""
    class_column: str | None = None
    """Train by class: the column with each image's class. A ClassLabel, or integers,
    strings or booleans, of which each value is a class, in sorted order."""
    class_dropout: float = 0.0
    """The probability that an image's class is hidden: the model also learns to draw without one,
    which guidance needs (--guidance_scale). 0.1 is usual."""
    dataset_config_name: str | None = None
    """Which configuration of the data set, where it has several."""
    cache_dir: str | None = None
    """Where data sets are cached."""
    streaming: bool = False
    """Read the data set while training, for sets larger than the disk; no effect on `cats`, folders
    of images and sets written by save_to_disk."""
    in_memory: Literal["auto", "always", "never"] = "auto"
    """Decode all images once and keep them; `auto`: if they fit in a quarter of the memory."""
    dataloader_num_workers: int = 0
    """Processes that prepare batches ahead; useful where images are not kept in memory."""


@dataclass(frozen=True)
class NetworkFlags:
    """The UNet2DModel."""

    init_from: str | None = None
    """Fine-tune a trained pipeline: a folder, a bundled model or a Hub id. Its network and noise
    schedule are kept; the flags for both are ignored."""
    model_config_name_or_path: str | None = None
    """Take the UNet's whole configuration from this folder, file or Hub id."""
    block_out_channels: tuple[int, ...] = (128, 128, 256, 256, 512, 512)
    """Channels of each level; the image is halved between levels."""
    layers_per_block: int = 2
    """Residual layers at each level."""
    attention_levels: tuple[int, ...] = (4,)
    """The levels, from 0, that have self-attention."""
    attention_head_dim: int = 8
    """Channels of one attention head."""
    norm_num_groups: int = 32
    """Groups of the group norms; divides every number of channels."""
    gradient_checkpointing: bool = False
    """Save memory at the cost of time: compute parts of the network twice."""
    enable_xformers_memory_efficient_attention: bool = False
    """Accepted for compatibility: PyTorch's own attention needs as little memory."""
    compile: bool = False
    """Compile the network first (GPU only)."""


@dataclass(frozen=True)
class DiffusionFlags:
    """What the network learns of the diffusion."""

    prediction_type: Literal["epsilon", "sample", "v_prediction"] = "epsilon"
    """What the network predicts: the noise ε (the notes), x_0, or v."""
    ddpm_num_steps: int = 1000
    """T, the number of diffusion steps (the notes: 2000)."""
    ddpm_beta_schedule: Literal[
        "linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", "laplace"
    ] = "linear"
    """The noise schedule; the notes: linear."""
    variance_type: Literal["fixed_small", "fixed_large", "learned_range"] = "fixed_small"
    """The variance of a reverse step: β̃, β, or learned between them with a term of the VLB."""
    loss: Literal["l2", "l1"] = "l2"
    """The loss function; the notes allow both."""
    snr_gamma: float | None = None
    """Weight timesteps by min-SNR-γ with this γ; its authors take 5."""
    timestep_sampling: Literal["uniform", "logit_normal"] = "uniform"
    """How t is drawn: uniformly (the notes), or with logit(t/T) normal; with learned_range, whose
    bound needs all t, only every second t is."""
    logit_mean: float = -2.0
    """The mean of logit(t/T) for logit_normal. At T = 2000 with the linear β, −2 favours
    the t at which most of an image takes shape, and spends few draws on nearly pure noise."""
    logit_std: float = 1.0
    """See --logit_mean."""


@dataclass(frozen=True)
class OptimisationFlags:
    """How it learns, and for how long."""

    num_epochs: int = 100
    """Passes through the data, unless --max_train_steps is given."""
    max_train_steps: int | None = None
    """Optimiser steps, instead of --num_epochs. The learning rate's decay spans them."""
    max_train_minutes: float | None = None
    """Stop after this time; the model is saved as at the end of a run."""
    train_batch_size: int = 16
    """Images a process sees at once."""
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
    optimizer: Literal["adamw", "muon"] = "adamw"
    """`muon` makes the mean gradient of each matrix and filter orthogonal, and leaves the rest to
    AdamW. It needs far fewer steps, each of which takes longer. A --learning_rate of 3e-3 suits it,
    with --adam_weight_decay 1e-2."""
    adam_beta1: float = 0.95
    """Adam's decay of the mean gradient."""
    adam_beta2: float = 0.999
    """Adam's decay of the squared gradient."""
    adam_weight_decay: float = 1e-6
    """AdamW's weight decay."""
    adam_epsilon: float = 1e-8
    """Adam's ε."""
    max_grad_norm: float = 1.0
    """Gradients are clipped to this norm."""
    use_ema: bool = False
    """Keep an exponential moving average of the weights, and sample from it and save it."""
    ema_inv_gamma: float = 1.0
    """The average's decay at step i is 1 − (1 + i/inv_gamma)^(−power), up to ema_max_decay."""
    ema_power: float = 0.75
    """See --ema_inv_gamma."""
    ema_max_decay: float = 0.9999
    """See --ema_inv_gamma."""
    ema_lengths: tuple[float, ...] = ()
    """Also keep power-function averages of these relative lengths, such as 0.05 0.1, from which one
    of any length can be made after training."""
    mixed_precision: Literal["no", "fp16", "bf16"] | None = None
    """By default that of `accelerate launch --mixed_precision`."""
    seed: int = 0
    """Decides the initial weights, the order of the images, the timesteps and the noise."""
    local_rank: int = -1
    """Accepted for compatibility: the launcher sets it for each process."""


@dataclass(frozen=True)
class OutputFlags:
    """What is written, where and how often; and resuming a run."""

    output_dir: str = "ddpm-model-64"
    """Where the pipeline, its card, samples, logs and checkpoints go."""
    overwrite_output_dir: bool = False
    """Replace another run in the output folder: its checkpoints and samples are removed. With
    --resume_from_checkpoint and an earlier checkpoint, only the newer ones are removed."""
    resume_from_checkpoint: str | None = None
    """Resume from `latest`, or from the folder of a checkpoint."""
    checkpointing_steps: int = 500
    """Steps from one checkpoint, to resume from, to the next."""
    checkpoints_total_limit: int | None = None
    """How many of the newest checkpoints to keep; by default all."""
    save_images_epochs: int = 10
    """Epochs from one sample grid to the next."""
    save_model_epochs: int = 10
    """Epochs from one saved pipeline to the next."""
    eval_batch_size: int = 16
    """Images in a sample grid."""
    ddpm_num_inference_steps: int = 1000
    """Sampling steps of the sample grids."""
    weights_dtype: Literal["float32", "float16"] = "float32"
    """How the finished weights are stored; diffusers loads either as float32."""
    logger: Annotated[
        Literal["tensorboard", "wandb", "trackio"], tyro.conf.arg(aliases=["--report_to"])
    ] = "tensorboard"
    """The tracker of loss and sample grids; --report_to as in diffusers' other scripts."""
    logging_dir: str = "logs"
    """The tracker's folder, inside the output folder."""
    logging_steps: int = 10
    """Steps from one row of the log to the next."""


@dataclass(frozen=True)
class HubFlags:
    """Sharing the result on the Hub."""

    push_to_hub: bool = False
    """Upload the pipeline, its card and its sample images; never checkpoints, logs or data."""
    hub_model_id: str | None = None
    """The model's id on the Hub; by default the output folder's name."""
    hub_private_repo: bool = False
    """Create a private repository."""
    hub_token: str | None = field(default=None, repr=False)
    """By default $HF_TOKEN, or the token of `hf auth login`. Never written or shown."""
