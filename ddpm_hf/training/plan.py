"""The length of a run, and what is logged or saved after each step."""

import math
from dataclasses import dataclass

from ddpm_hf.errors import UserError
from ddpm_hf.training.batches import BatchShard
from ddpm_hf.training.config import TrainConfig


@dataclass(frozen=True)
class TrainingPlan:
    """How many steps a run has, counted in optimiser steps.

    rows: how many images make an epoch; None for a stream of unknown length, which has no epochs.
    """

    config: TrainConfig
    shard: BatchShard
    rows: int | None

    @property
    def steps_per_epoch(self) -> int | None:
        """Steps in one pass through the data, rounded up; None without epochs."""
        return self.rows and math.ceil(self.rows / self.shard.global_batch_size)

    @property
    def total_steps(self) -> int:
        """Steps in the whole run. Raises UserError if the configuration does not tell."""
        if self.config.max_train_steps is not None:
            return self.config.max_train_steps
        if self.steps_per_epoch is None:
            raise UserError("The stream's length is unknown: give --max_train_steps.")
        return self.config.num_epochs * self.steps_per_epoch

    def __str__(self) -> str:
        shard, per_epoch = self.shard, self.steps_per_epoch
        return (
            f"Batch {shard.batch_size} × accumulation {shard.accumulation} × processes"
            f" {shard.processes} = {shard.global_batch_size} images a step;"
            + ("" if per_epoch is None else f" steps an epoch: {per_epoch};")
            + f" steps in all: {self.total_steps}."
        )

    def notices(self, step: int) -> list[str]:
        """What to tell the user of a run that resumes after `step`."""
        messages, config, total = [], self.config, self.total_steps
        if step >= total:
            more = f"--max_train_steps {step + 1}"
            if config.max_train_steps is None and self.steps_per_epoch is not None:
                more = f"--num_epochs {step // self.steps_per_epoch + 1}"
            messages.append(
                f"Nothing is left to train: the checkpoint is of step {step}, and the run has"
                f" {total} steps. {more}, or more, continues it."
            )
        elif config.lr_scheduler != "constant" and total <= config.lr_warmup_steps:
            reached = (total - 1) / config.lr_warmup_steps
            messages.append(
                f"The run ends in the warm-up of --lr_warmup_steps {config.lr_warmup_steps}: of"
                f" --learning_rate {config.learning_rate:g} it reaches {reached:.2%}."
            )
        return messages

    def _epochs_end(self, step: int, epochs: int) -> bool:
        """Whether an epoch whose number is a multiple of `epochs` ends with this step."""
        per_epoch = self.steps_per_epoch
        return per_epoch is not None and step % (per_epoch * epochs) == 0

    def saves_model(self, step: int) -> bool:
        """Whether the pipeline is saved after this step, on the way."""
        return step < self.total_steps and self._epochs_end(step, self.config.save_model_epochs)

    def draws_samples(self, step: int) -> bool:
        """Whether samples are drawn after this step, on the way: a saved pipeline has some, too."""
        return self.saves_model(step) or (
            step < self.total_steps and self._epochs_end(step, self.config.save_images_epochs)
        )

    def logs(self, step: int) -> bool:
        """Whether the log has a row for this step."""
        at_end = step == self.total_steps
        return step % self.config.logging_steps == 0 or at_end or self.draws_samples(step)

    def saves_checkpoint(self, step: int) -> bool:
        """Whether a checkpoint is written after this step."""
        return step % self.config.checkpointing_steps == 0
