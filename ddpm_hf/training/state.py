"""The state of a training run: built, moved on by a step, saved and restored."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from accelerate import Accelerator
from diffusers import UNet2DModel
from torch import Tensor
from torch.nn.attention import sdpa_kernel

from ddpm_hf.errors import UserError
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.training import ema, optimizer
from ddpm_hf.training.attention import attention_kernels
from ddpm_hf.training.batches import BatchShard
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.ema_lengths import PowerAverages
from ddpm_hf.training.network import compiled
from ddpm_hf.training.plan import TrainingPlan
from ddpm_hf.training.randomness import BatchRandomness
from ddpm_hf.unet import has_dropout
from ddpm_hf.variance import LEARNED_VARIANCES

DIFFUSION = {
    "prediction_type": "prediction_type",
    "ddpm_num_steps": "num_train_timesteps",
    "ddpm_beta_schedule": "beta_schedule",
}
"""Flags without which no run goes on as it was, and their names in the scheduler's config."""
MAX_OVERFLOWS = 24
"""With more fp16 steps skipped in a row, the loss itself must be broken."""


class TrainingState:
    """Network, EMA, optimiser and counters, beside what never changes in a run.

    unet: the bare network. network: the same one, as Accelerate and the compiler wrap it. step:
    optimiser steps so far. seconds: time so far, up to the last report.
    """

    def __init__(
        self, config: TrainConfig, model: DDPMPipeline, accelerator: Accelerator, rows: int | None
    ) -> None:
        """rows: how many images make an epoch; None for a stream of unknown length."""
        self.config, self.accelerator, self.device = config, accelerator, accelerator.device
        self.shard = BatchShard(
            config.train_batch_size,
            accelerator.process_index,
            accelerator.num_processes,
            config.gradient_accumulation_steps,
        )
        self.plan = TrainingPlan(config, self.shard, rows)
        self.scheduler = model.scheduler
        self.schedule = self.scheduler.schedule.on(self.device)
        self.learned_variance = self.scheduler.variance_type in LEARNED_VARIANCES
        self.id2label, self.class_names = model.config.get("id2label"), model.class_names
        self.randomness = BatchRandomness.configured(
            config, self.schedule.T, model.null_class, self.learned_variance
        )
        self._check_variance()
        self._build(model.unet)
        self.step, self.seconds, self.overflows = 0, 0.0, 0

    def _check_variance(self) -> None:
        """Raise UserError where x̂_0, which the variance's bound needs, is not known at t = T."""
        predicts_noise = self.scheduler.config.prediction_type == "epsilon"
        if (
            self.learned_variance
            and predicts_noise
            and self.schedule.alpha_bar(self.schedule.T) == 0
        ):
            raise UserError(
                f"--init_from {self.config.init_from} has zero terminal SNR, learns its variance"
                " and predicts ε, which says nothing about x_0 at t = T: the bound would be NaN;"
                " start from a model with v_prediction."
            )

    def _build(self, unet: UNet2DModel) -> None:
        """Prepare the network, its optimiser and its EMA."""
        config, accelerator = self.config, self.accelerator
        if config.gradient_checkpointing:
            unet.enable_gradient_checkpointing()
        self.unet: UNet2DModel = unet.to(memory_format=torch.channels_last)
        # diffusers copies images in training mode; without dropout, there is no need for it.
        self.train_mode = has_dropout(unet)
        self.attention = attention_kernels(unet, self.device.type, accelerator.mixed_precision)
        compiles = config.compile and self.device.type == "cuda"
        network = compiled(unet, self.shard) if compiles else unet
        # The fused optimiser skips an overflowed fp16 step without telling Accelerate.
        fused = accelerator.mixed_precision != "fp16"
        adam = optimizer.make_optimizer(config, unet, fused)
        self.lr_scheduler = optimizer.make_lr_scheduler(config, adam, self.plan.total_steps)
        self.network, self.optimizer = accelerator.prepare(network, adam)
        self.ema = ema.make_ema(config, unet) if config.use_ema else None
        self.averages = PowerAverages(config.ema_lengths, unet)

    @property
    def out_of_time(self) -> bool:
        """Whether --max_train_minutes are over; the same on all processes after a report."""
        minutes = self.config.max_train_minutes
        return minutes is not None and self.seconds >= 60 * minutes

    @property
    def finished(self) -> bool:
        """Whether the run has made all its steps, or used all its time."""
        return self.step >= self.plan.total_steps or self.out_of_time

    def predict(
        self, network: Any, x_t: Tensor, t: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        """The network's prediction for x_t, like x_t, and its learned variance, if it has one.

        network: `network`, or the bare `unet` where no gradient is needed.
        """
        x_t = x_t.contiguous(memory_format=torch.channels_last)
        with sdpa_kernel(self.attention):
            classes = labels if self.class_names else None
            output = network(x_t, t - 1, classes, return_dict=False)[0]
        if not self.learned_variance:
            return output, None
        prediction, v = output.chunk(2, dim=1)
        return prediction, v

    def accumulate(self, *, last: bool) -> AbstractContextManager[Any]:
        """For a backward pass; after the `last` of a step, processes average their gradients."""
        return nullcontext() if last else self.accelerator.no_sync(self.network)

    def clip_gradients(self) -> Tensor:
        """Clip the gradient to --max_grad_norm; returns its norm before that, ()."""
        norm: Tensor = self.accelerator.clip_grad_norm_(
            self.network.parameters(), self.config.max_grad_norm
        )
        return norm

    def update(self) -> bool:
        """Take one optimiser step; if fp16 overflowed, change only the loss scale and return False.

        Raises UserError after `MAX_OVERFLOWS` overflows in a row.
        """
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.accelerator.optimizer_step_was_skipped:
            self.overflows += 1
            if self.overflows == MAX_OVERFLOWS:
                raise UserError(
                    f"fp16 overflowed {MAX_OVERFLOWS} times at step {self.step + 1}; train with"
                    " --mixed_precision bf16, or a lower --learning_rate."
                )
            return False
        self.lr_scheduler.step()
        if self.ema is not None:
            self.ema.step(self.network.parameters())
        self.step, self.overflows = self.step + 1, 0
        self.averages.update(self.unet, self.step)
        return True

    def weights_are_finite(self) -> bool:
        """Whether no weight is NaN or infinite."""
        return all(bool(p.isfinite().all()) for p in self.unet.parameters())

    @contextmanager
    def averaged_weights(self) -> Iterator[UNet2DModel]:
        """Inside, the network is in eval mode, with the averaged weights if there are any."""
        unet = self.unet.eval()
        if self.ema is not None:
            self.ema.store(unet.parameters())
            self.ema.copy_to(unet.parameters())
        yield unet
        if self.ema is not None:
            self.ema.restore(unet.parameters())
        unet.train(self.train_mode)

    def pipeline(self) -> DDPMPipeline:
        """A pipeline with a copy of the network, with the averaged weights if there are any."""
        copy = UNet2DModel.from_config(self.unet.config).to(self.device)
        copy.load_state_dict(self.unet.state_dict())
        if self.ema is not None:
            self.ema.copy_to(copy.parameters())
        return DDPMPipeline(copy, self.scheduler, self.id2label)

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs: nested dicts of tensors and of what JSON can hold."""
        scaler = self.accelerator.scaler
        return {
            "unet": self.unet.state_dict(),
            "ema": self.ema and self.ema.state_dict(),
            "ema_lengths": self.averages.state_dict(),
            "optimizer": optimizer.state_dict(self.optimizer),
            "lr_scheduler": self.lr_scheduler.state_dict(),
            "scaler": scaler and scaler.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "global_batch_size": self.shard.global_batch_size,
            "rows": self.plan.rows,
            "class_names": self.class_names,
            "diffusion": self._diffusion(),
            "config": self.config.settings(),
        }

    def _diffusion(self) -> dict[str, Any]:
        """The values of `DIFFUSION`: the flags', or those of the model of --init_from."""
        return {flag: self.scheduler.config[name] for flag, name in DIFFUSION.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from a `state_dict`, with the learning rate and so on as configured now.

        Raises UserError if the network, the diffusion, the optimiser, the classes or the use of EMA
        differ.
        """
        self._check(state)
        try:
            self.unet.load_state_dict(state["unet"])
        except RuntimeError as error:
            raise UserError(
                "The checkpoint is of another network: resume with the same network flags and the"
                " same number of channels."
            ) from error
        if self.ema is not None:
            ema.load_state_dict(self.config, self.ema, self.unet, state["ema"])
        self.averages.load_state_dict(state.get("ema_lengths", {}))  # an earlier version kept none
        optimizer.load_state_dict(self.optimizer, state["optimizer"])
        self.lr_scheduler.load_state_dict(state["lr_scheduler"])
        optimizer.use_settings(self.config, self.optimizer, self.lr_scheduler)
        if self.accelerator.scaler is not None and state["scaler"]:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        self.step, self.seconds = state["step"], state["seconds"]

    def _check(self, state: dict[str, Any]) -> None:
        """Raise UserError if the classes, the diffusion, the optimiser or the use of EMA differ."""
        classes = state.get("class_names", self.class_names)  # an earlier version kept none
        if classes != self.class_names:
            raise UserError(
                f"The checkpoint's classes are {', '.join(classes) or 'none'}, and the data's are"
                f" {', '.join(self.class_names) or 'none'}: resume with the same, in that order."
            )
        then = {
            "optimizer": state["config"].get("optimizer", "adamw"),  # the only one that there was
            **state.get("diffusion", {}),  # an earlier version kept none
        }
        for flag, now in {"optimizer": self.config.optimizer, **self._diffusion()}.items():
            if (before := then.get(flag, now)) != now:
                raise UserError(
                    f"The checkpoint has --{flag} {before}, and this run {now}: resume with"
                    f" --{flag} {before}."
                )
        if (state["ema"] is None) != (self.ema is None):
            kept, flag = ("no averaged", "no_use_ema") if self.ema else ("averaged", "use_ema")
            raise UserError(f"The checkpoint has {kept} weights: resume with --{flag}.")
