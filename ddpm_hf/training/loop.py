"""Algorithm 1: the state of a training run and its steps."""

import math
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from diffusers import UNet2DModel
from diffusers.optimization import get_scheduler
from diffusers.training_utils import EMAModel
from torch import Tensor
from torch.nn import functional

from ddpm_hf.data import Pictures
from ddpm_hf.errors import UserError
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.draws import draw_batch

LOSSES = {"l2": functional.mse_loss, "l1": functional.l1_loss}


@dataclass(frozen=True)
class Step:
    """Where the run is, after `number` optimiser steps.

    `loss` and `grad_norm` are means over the steps since the last report and over all processes.
    """

    number: int
    loss: float
    grad_norm: float
    learning_rate: float
    seconds: float
    images_per_second: float


def make_unet(config: TrainConfig, channels: int) -> UNet2DModel:
    """The network, with `channels` in and out.

    Raises UserError for a resolution that the network can't halve often enough, or a model
    configuration for pictures of another kind.
    """
    if config.model_config_name_or_path is not None:
        try:
            settings = UNet2DModel.load_config(config.model_config_name_or_path)
        except OSError as error:
            raise UserError(
                f"Can't find a UNet's config.json in {config.model_config_name_or_path!r}, neither"
                " as a folder nor on the Hub."
            ) from error
        settings["sample_size"] = config.resolution
        if settings["in_channels"] != channels:
            raise UserError(
                f"{config.model_config_name_or_path} is for pictures of {settings['in_channels']}"
                f" channels, and the data set's have {channels}."
            )
        unet = UNet2DModel.from_config(settings)
    else:
        attention = [i in config.attention_levels for i in range(len(config.block_out_channels))]
        unet = UNet2DModel(
            sample_size=config.resolution,
            in_channels=channels,
            out_channels=channels,
            layers_per_block=config.layers_per_block,
            block_out_channels=config.block_out_channels,
            down_block_types=tuple("AttnDownBlock2D" if a else "DownBlock2D" for a in attention),
            up_block_types=tuple("AttnUpBlock2D" if a else "UpBlock2D" for a in attention[::-1]),
            attention_head_dim=config.attention_head_dim,
            norm_num_groups=config.norm_num_groups,
        )
    divisor = 2 ** (len(unet.config.block_out_channels) - 1)
    if config.resolution % divisor:
        below = config.resolution // divisor * divisor
        raise UserError(
            f"--resolution {config.resolution} must be a multiple of {divisor}, for the UNet halves"
            f" the picture {len(unet.config.block_out_channels) - 1} times; take"
            f" {' or '.join(str(r) for r in (below, below + divisor) if r)}, or fewer levels."
        )
    return unet


class Trainer:
    """A run: network, moving average, optimiser, schedule and counters."""

    def __init__(self, config: TrainConfig, pictures: Pictures, accelerator: Accelerator) -> None:
        self.config, self.pictures, self.accelerator = config, pictures, accelerator
        torch.manual_seed(config.seed)
        self.scheduler = DDPMScheduler(
            num_train_timesteps=config.ddpm_num_steps,
            beta_schedule=config.ddpm_beta_schedule,
            prediction_type=config.prediction_type,
        )
        unet = make_unet(config, pictures.channels).to(memory_format=torch.channels_last)
        optimizer = torch.optim.AdamW(
            unet.parameters(),
            lr=config.learning_rate,
            betas=(config.adam_beta1, config.adam_beta2),
            weight_decay=config.adam_weight_decay,
            eps=config.adam_epsilon,
            fused=True,
        )
        self.lr_scheduler = get_scheduler(
            config.lr_scheduler,
            optimizer,
            num_warmup_steps=config.lr_warmup_steps,
            num_training_steps=self.total_steps,
        )
        self.unet, self.optimizer = accelerator.prepare(unet, optimizer)
        self.ema: EMAModel | None = None
        if config.use_ema:
            self.ema = EMAModel(
                self.unet.parameters(),
                decay=config.ema_max_decay,
                use_ema_warmup=True,
                inv_gamma=config.ema_inv_gamma,
                power=config.ema_power,
                foreach=True,
            )
        self.step = 0
        self.seconds = 0.0

    @property
    def global_batch_size(self) -> int:
        """Pictures in one optimiser step, over all processes and accumulated batches."""
        processes: int = self.accelerator.num_processes
        config = self.config
        return processes * config.train_batch_size * config.gradient_accumulation_steps

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in one pass through the data, rounded up."""
        return math.ceil(len(self.pictures) / self.global_batch_size)

    @property
    def total_steps(self) -> int:
        """Optimiser steps in the whole run."""
        in_epochs: int = self.config.num_epochs * self.steps_per_epoch
        return self.config.max_train_steps or in_epochs

    @property
    def out_of_time(self) -> bool:
        """Whether --max_train_minutes are over; the same on all processes after a report."""
        minutes = self.config.max_train_minutes
        return minutes is not None and self.seconds >= 60 * minutes

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs; tensors and plain values only."""
        return {
            "unet": self.accelerator.unwrap_model(self.unet).state_dict(),
            "ema": self.ema and self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "lr_scheduler": self.lr_scheduler.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.accelerator.unwrap_model(self.unet).load_state_dict(state["unet"])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
            self.ema.to(self.accelerator.device)
        self.optimizer.load_state_dict(state["optimizer"])
        self.lr_scheduler.load_state_dict(state["lr_scheduler"])
        self.step, self.seconds = state["step"], state["seconds"]

    def _loss(self, positions: range) -> Tensor:
        """‖ε − ε_θ(√ᾱ_t·x_0 + √(1−ᾱ_t)·ε, t)‖² over these positions of the global batch (N15)."""
        x_0, t, epsilon = draw_batch(
            self.pictures,
            self.config.ddpm_num_steps,
            seed=self.config.seed,
            step=self.step,
            positions=positions,
            global_batch_size=self.global_batch_size,
            random_flip=self.config.random_flip,
        )
        device, timesteps = self.accelerator.device, t - 1
        if self.config.prediction_type == "epsilon":
            target = epsilon
        elif self.config.prediction_type == "sample":
            target = x_0
        else:
            target = self.scheduler.get_velocity(x_0, epsilon, timesteps)
        x_t = self.scheduler.add_noise(x_0, epsilon, timesteps).to(device)
        x_t = x_t.contiguous(memory_format=torch.channels_last)
        prediction = self.unet(x_t, timesteps.to(device), return_dict=False)[0]
        return LOSSES[self.config.loss](prediction.float(), target.to(device))

    def _optimise(self) -> tuple[Tensor, Tensor]:
        """One optimiser step: its loss and the norm of its gradient, still on the device."""
        accelerator, batch = self.accelerator, self.config.train_batch_size
        micro_batches = self.config.gradient_accumulation_steps
        total = torch.zeros((), device=accelerator.device)
        for micro in range(micro_batches):
            first = (micro * accelerator.num_processes + accelerator.process_index) * batch
            last = micro == micro_batches - 1
            with nullcontext() if last else accelerator.no_sync(self.unet):
                loss = self._loss(range(first, first + batch)) / micro_batches
                accelerator.backward(loss)
            total += loss.detach()
        norm = accelerator.clip_grad_norm_(self.unet.parameters(), self.config.max_grad_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if not accelerator.optimizer_step_was_skipped:
            self.lr_scheduler.step()
            if self.ema is not None:
                self.ema.step(self.unet.parameters())
        return total, norm

    def steps(self) -> Iterator[Step]:
        """Train until `total_steps` or out of time; yields a `Step` every --logging_steps."""
        start = last = time.perf_counter()
        before, sums, since = self.seconds, torch.zeros(2, device=self.accelerator.device), 0
        self.unet.train()
        while self.step < self.total_steps and not self.out_of_time:
            sums += torch.stack(self._optimise())
            self.step += 1
            since += 1
            if self.step % self.config.logging_steps and self.step < self.total_steps:
                continue
            now = time.perf_counter()
            elapsed = torch.tensor([before + now - start, now - last], device=sums.device)
            report = torch.cat([sums / since, elapsed])
            loss, norm, self.seconds, took = self.accelerator.reduce(report, "mean").tolist()
            speed = since * self.global_batch_size / took
            rate = self.lr_scheduler.get_last_lr()[0]
            sums.zero_()
            yield Step(self.step, loss, norm, rate, self.seconds, speed)
            last, since = time.perf_counter(), 0

    def pipeline(self) -> DDPMPipeline:
        """The pipeline as it stands: a copy of the network, with the averaged weights if kept."""
        trained = self.accelerator.unwrap_model(self.unet)
        unet = UNet2DModel.from_config(trained.config).to(self.accelerator.device)
        unet.load_state_dict(trained.state_dict())
        if self.ema is not None:
            self.ema.copy_to(unet.parameters())
        return DDPMPipeline(unet=unet, scheduler=self.scheduler)
