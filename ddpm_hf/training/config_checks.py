"""Checks of a configuration: what is refused, and what the user should know of it."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from ddpm_hf.cli import SEED, Limit, check_ranges
from ddpm_hf.errors import UserError

if TYPE_CHECKING:
    from ddpm_hf.training.config import TrainConfig

AT_LEAST_ONE = (
    *("resolution", "ddpm_num_steps", "ddpm_num_inference_steps", "train_batch_size"),
    *("gradient_accumulation_steps", "num_epochs", "max_train_steps", "layers_per_block"),
    *("attention_head_dim", "norm_num_groups", "eval_batch_size", "save_images_epochs"),
    *("save_model_epochs", "checkpointing_steps", "checkpoints_total_limit", "logging_steps"),
)
ABOVE_ZERO = (
    *("snr_gamma", "logit_std", "max_train_minutes", "learning_rate", "adam_epsilon"),
    *("max_grad_norm", "ema_inv_gamma", "ema_power"),
)
NOT_BELOW_ZERO = ("dataloader_num_workers", "lr_warmup_steps", "adam_weight_decay")
BELOW_ONE = ("class_dropout", "adam_beta1", "adam_beta2", "ema_max_decay")
FINITE = ("logit_mean", "logit_std", "learning_rate", "adam_epsilon", "adam_weight_decay")
LIMITS: tuple[Limit, ...] = (
    (AT_LEAST_ONE, lambda value: value >= 1, "be at least 1"),
    (ABOVE_ZERO, lambda value: value > 0, "be above 0"),
    (NOT_BELOW_ZERO, lambda value: value >= 0, "not be below 0"),
    (BELOW_ONE, lambda value: 0 <= value < 1, "be in [0, 1)"),
    (FINITE, math.isfinite, "be finite"),
    *SEED,
)
EMA_LENGTHS = "be above 0 and below 0.288"


def is_ema_length(length: float) -> bool:
    """Whether a power-function average can have this length; at 12^−½ all steps count alike."""
    return 0 < length < 0.288


def check(config: "TrainConfig") -> None:
    """Raise UserError for a value out of range or a combination that makes no sense."""
    check_ranges(config, LIMITS)
    if config.dataset_name is not None and config.train_data_dir is not None:
        raise UserError("Name the data once: by --dataset_name or by --train_data_dir.")
    if config.class_dropout > 0 and config.class_column is None:
        raise UserError("--class_dropout needs --class_column: there are no classes to hide.")
    if bad := [length for length in config.ema_lengths if not is_ema_length(length)]:
        raise UserError(f"--ema_lengths must {EMA_LENGTHS}; got {bad[0]}.")
    if len(set(config.ema_lengths)) < len(config.ema_lengths):
        raise UserError("--ema_lengths has a number twice.")
    _check_network(config)


def _check_network(config: "TrainConfig") -> None:
    if min(config.block_out_channels, default=0) < 1:
        raise UserError("--block_out_channels takes a number above 0 for each level.")
    if bad := [c for c in config.block_out_channels if c % config.norm_num_groups]:
        raise UserError(
            f"--block_out_channels {bad[0]} can't be divided into --norm_num_groups"
            f" {config.norm_num_groups} groups; give a number of groups that divides them all."
        )
    attending = [c for i, c in enumerate(config.block_out_channels) if i in config.attention_levels]
    fewest = min([*attending, config.block_out_channels[-1]])  # the middle always has attention
    if config.attention_head_dim > fewest:
        raise UserError(
            f"--attention_head_dim {config.attention_head_dim} is more than the {fewest} channels"
            " of a level with attention or of the middle; give at most as many."
        )


def notices(config: "TrainConfig") -> list[str]:
    """What to tell the user of flags that have no effect, or another than in diffusers' script."""
    messages = []
    if config.enable_xformers_memory_efficient_attention:
        messages.append("xformers is not needed: PyTorch's own attention is used.")
    names = ("train", "test", "val", "validation") if config.train_data_dir else ()
    splits = [n for n in names if Path(str(config.train_data_dir), n).is_dir()]
    if splits:
        messages.append(
            f"--train_data_dir takes all images of the folder, of {', '.join(splits)} alike;"
            " --dataset_name with this folder keeps splits apart."
        )
    levels = len(config.block_out_channels)
    if not set(config.attention_levels) <= set(range(levels)) and config.init_from is None:
        messages.append(
            f"--attention_levels {' '.join(map(str, config.attention_levels))}: there are levels"
            f" 0 to {levels - 1}, so only those of them have attention, and the middle."
        )
    if config.prediction_type == "sample" and config.snr_gamma is None:
        messages.append(
            "The x_0 loss is not weighted here; diffusers' script weights it by the SNR, which"
            " puts 79 % of it on timesteps below 10. --snr_gamma 5 weights it with a cap."
        )
    return messages
