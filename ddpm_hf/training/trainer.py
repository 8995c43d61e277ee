"""Algorithm 1: the state of a training run and its steps."""

import math
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from diffusers import UNet2DModel
from diffusers.optimization import get_scheduler
from diffusers.training_utils import EMAModel
from torch import Tensor
from torch.nn.attention import sdpa_kernel

from ddpm_hf import equations
from ddpm_hf.data.examples import MapDataset
from ddpm_hf.errors import UserError
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.prediction import min_snr_weight, prediction_of
from ddpm_hf.training import losses
from ddpm_hf.training.attention import attention_kernels
from ddpm_hf.training.batches import BatchShard, ImageSource, batches
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.optimizer import adam_settings, laid_out_like, make_optimizer
from ddpm_hf.training.randomness import Batch, BatchRandomness
from ddpm_hf.unet import has_dropout
from ddpm_hf.variance import LEARNED_VARIANCES

BINS = 10
"""Equal parts of 1..T for each of which the loss is told (N17)."""
MOST_SKIPS = 24
"""With more fp16 steps skipped one after the other, the loss itself must be broken."""


@dataclass(frozen=True)
class Step:
    """Where the run is, after `number` optimiser steps.

    `loss`, `grad_norm` and `loss_by_t` are means over the steps since the last report and over all
    processes; `loss_by_t` has one number for each tenth of 1..T, NaN where no t fell into it.
    """

    number: int
    loss: float
    grad_norm: float
    learning_rate: float
    seconds: float
    images_per_second: float
    loss_by_t: list[float]


class Trainer:
    """A run: network, moving average, optimiser, schedule and counters."""

    def __init__(
        self,
        config: TrainConfig,
        model: DDPMPipeline,
        pictures: ImageSource,
        accelerator: Accelerator,
        rows: int | None,
    ) -> None:
        """`rows`: how many pictures make an epoch; None for a stream that does not tell."""
        self.config, self.pictures, self.accelerator = config, pictures, accelerator
        self.rows = rows
        unet, self.scheduler = model.unet, model.scheduler
        self.schedule = self.scheduler.schedule.on(accelerator.device)
        self.id2label = model.config.get("id2label")
        self.class_names = model.class_names
        self.randomness = BatchRandomness(
            config.seed,
            self.schedule.T,
            config.resolution,
            config.random_flip,
            config.class_dropout,
            model.null_class,
            (config.logit_mean, config.logit_std)
            if config.timestep_sampling == "logit_normal"
            else None,
        )
        self.shard = BatchShard(
            config.train_batch_size,
            accelerator.process_index,
            accelerator.num_processes,
            config.gradient_accumulation_steps,
        )
        self.by_class = bool(self.class_names)
        self.learned_variance = self.scheduler.variance_type in LEARNED_VARIANCES
        if config.gradient_checkpointing:
            unet.enable_gradient_checkpointing()
        unet = unet.to(memory_format=torch.channels_last)
        self.trained = unet  # itself, out of what Accelerate and the compiler put around it
        if config.compile and accelerator.device.type == "cuda":
            torch.backends.cudnn.benchmark = True
            # Forwards and backwards are a CUDA graph each, where no other process or batch adds to
            # the gradients in between.
            by_itself = self.shard.processes == self.shard.accumulation == 1
            unet = torch.compile(unet, mode="reduce-overhead" if by_itself else "default")
        # The fused one leaves out an overflowed fp16 step without telling Accelerate.
        fused = accelerator.mixed_precision != "fp16"
        optimizer = make_optimizer(config, self.trained, fused)
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
        # diffusers copies pictures in training mode; without dropout, there is no need for it.
        self.train_mode = has_dropout(self.trained)
        self.attention = attention_kernels(
            self.trained, accelerator.device.type, accelerator.mixed_precision
        )
        self.step = 0
        self.seconds = 0.0
        self._clear()

    @property
    def steps_per_epoch(self) -> int | None:
        """Optimiser steps in one pass through the data, rounded up; None if no one knows."""
        return self.rows and math.ceil(self.rows / self.shard.global_batch_size)

    @property
    def total_steps(self) -> int:
        """Optimiser steps in the whole run."""
        if self.config.max_train_steps is not None:
            return self.config.max_train_steps
        if self.steps_per_epoch is None:
            raise UserError("The stream does not tell its length: give --max_train_steps.")
        return self.config.num_epochs * self.steps_per_epoch

    def plan(self) -> str:
        """How many pictures a step has, and how many steps there are, as a sentence."""
        shard, per_epoch = self.shard, self.steps_per_epoch
        return (
            f"Batch {shard.batch_size} × accumulation {shard.accumulation} × processes"
            f" {shard.processes} = {shard.global_batch_size} pictures a step;"
            + ("" if per_epoch is None else f" steps an epoch: {per_epoch};")
            + f" steps in all: {self.total_steps}."
        )

    @property
    def out_of_time(self) -> bool:
        """Whether --max_train_minutes are over; the same on all processes after a report."""
        minutes = self.config.max_train_minutes
        return minutes is not None and self.seconds >= 60 * minutes

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs: tensors and plain values."""
        optimizer = self.optimizer.state_dict()
        scaler = self.accelerator.scaler
        return {
            "unet": self.trained.state_dict(),
            "ema": self.ema and self.ema.state_dict(),
            "optimizer": {
                **optimizer,
                "state": [moments for _, moments in sorted(optimizer["state"].items())],
            },
            "lr_scheduler": self.lr_scheduler.state_dict(),
            "scaler": scaler and scaler.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "global_batch_size": self.shard.global_batch_size,
            "rows": self.rows,
            "class_names": self.class_names,
            "config": self.config.settings(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`, with the optimiser's settings as they are configured now.

        Raises UserError for the state of another network or optimiser, of a run on other classes,
        or of one with or without averages where this one is the other way.
        """
        classes = state.get("class_names", self.class_names)  # an earlier version kept none
        if classes != self.class_names:
            raise UserError(
                f"The checkpoint's classes are {', '.join(classes) or 'none'}, and the data's are"
                f" {', '.join(self.class_names) or 'none'}: resume with the same, in that order."
            )
        before = state["config"].get("optimizer", "adamw")  # the only one that there was
        if before != self.config.optimizer:
            raise UserError(
                f"The checkpoint is of another optimiser: resume with --optimizer {before}."
            )
        if (state["ema"] is None) != (self.ema is None):
            kept, flag = ("no averaged", "no_use_ema") if self.ema else ("averaged", "use_ema")
            raise UserError(f"The checkpoint has {kept} weights: resume with --{flag}.")
        try:
            self.trained.load_state_dict(state["unet"])
        except RuntimeError as error:
            raise UserError(
                "The checkpoint is of another network: resume with the same settings of it, and"
                " with pictures of as many channels."
            ) from error
        if self.ema is not None:
            averages = map(laid_out_like, self.unet.parameters(), state["ema"]["shadow_params"])
            self.ema.load_state_dict({**state["ema"], "shadow_params": list(averages)})
        optimizer = state["optimizer"]
        weights = [weight for group in self.optimizer.param_groups for weight in group["params"]]
        moments = {
            i: {name: laid_out_like(weight, value) for name, value in values.items()}
            for i, (weight, values) in enumerate(zip(weights, optimizer["state"], strict=True))
        }
        self.optimizer.load_state_dict({**optimizer, "state": moments})
        self.lr_scheduler.load_state_dict(state["lr_scheduler"])
        self._apply_settings()
        if self.accelerator.scaler is not None and state["scaler"]:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        self.step, self.seconds = state["step"], state["seconds"]

    def _apply_settings(self) -> None:
        """Have the configuration's learning rate and so on, not those of the checkpoint."""
        config, schedule, groups = self.config, self.lr_scheduler, self.optimizer.param_groups
        schedule.base_lrs = [config.learning_rate] * len(groups)
        rate = config.learning_rate * schedule.lr_lambdas[0](schedule.last_epoch)
        schedule._last_lr = [rate] * len(groups)
        for group in groups:
            group.update(lr=rate, initial_lr=config.learning_rate, **adam_settings(config))
        if self.ema is not None:
            self.ema.decay, self.ema.power = config.ema_max_decay, config.ema_power
            self.ema.inv_gamma = config.ema_inv_gamma

    def picture_losses(self, network: Any, batch: Batch) -> Tensor:
        """The mean square of ε − ε_θ(√ᾱ_t·x_0 + √(1−ᾱ_t)·ε, t), one number for each picture (N15).

        As the configuration says: another target or distance, weights, the bound's variance term.
        """
        x_0, t, epsilon, labels = batch
        kind, config = self.scheduler.config.prediction_type, self.config
        x_t = equations.q_sample(self.schedule, x_0, epsilon, t)
        x_t = x_t.contiguous(memory_format=torch.channels_last)
        with sdpa_kernel(self.attention):
            output = network(x_t, t - 1, labels if self.by_class else None, return_dict=False)[0]
        if self.learned_variance:
            output, v = output.chunk(2, dim=1)
        truth = equations.evaluate(
            prediction_of(kind).target, equations.rates(self.schedule, t), x_0, epsilon
        )
        each = losses.simple_loss(config.loss, output, truth)
        if config.snr_gamma is not None:
            each = each * min_snr_weight(kind, self.schedule.snr(t), config.snr_gamma)
        if self.learned_variance:
            x_0_hat = self.scheduler.predict_original_sample(output.detach().float(), t - 1, x_t)
            bound = losses.variance_loss(self.schedule, x_0, x_t, x_0_hat, v, t)
            each = each + self.schedule.T / 1000 * bound
        return each

    def _clear(self) -> None:
        """Start counting anew for the next report."""
        device = self.accelerator.device
        self._sums = torch.zeros(2, device=device)  # loss and gradient norm
        self._bins = torch.zeros(2, BINS, device=device)  # loss and number of pictures
        self._since, self._began, self._elsewhere = 0, time.perf_counter(), 0.0

    def _optimise(self, own_batches: list[Batch]) -> None:
        """One optimiser step over this process's batches of a global batch.

        A step that fp16 overflowed is tried again with a smaller scale: nothing has moved on.
        """
        accelerator = self.accelerator
        for _ in range(MOST_SKIPS):
            sums, bins = torch.zeros_like(self._sums), torch.zeros_like(self._bins)
            for number, batch in enumerate(own_batches, 1):
                last = number == len(own_batches)
                with nullcontext() if last else accelerator.no_sync(self.unet):
                    each = self.picture_losses(self.unet, batch)
                    accelerator.backward(each.mean() / len(own_batches))
                told = each.detach()
                sums[0] += told.mean() / len(own_batches)
                where = (batch.t - 1) * BINS // self.schedule.T
                bins.index_add_(1, where, torch.stack([told, torch.ones_like(told)]))
            sums[1] = accelerator.clip_grad_norm_(self.unet.parameters(), self.config.max_grad_norm)
            self.optimizer.step()
            self.optimizer.zero_grad()
            if not accelerator.optimizer_step_was_skipped:
                break
        else:
            raise UserError(
                f"fp16 overflowed {MOST_SKIPS} times at step {self.step + 1}; train with"
                " --mixed_precision bf16, or a lower --learning_rate."
            )
        self.lr_scheduler.step()
        if self.ema is not None:
            self.ema.step(self.unet.parameters())
        self._sums += sums
        self._bins += bins
        self._since += 1
        self.step += 1

    def steps(self) -> Iterator[int]:
        """Train to the end, yielding the number of each step; `report()` now and then."""
        workers = self.config.dataloader_num_workers
        self.unet.train(self.train_mode)
        self._clear()
        with closing(
            batches(self.pictures, self.randomness, self.shard, self.step, workers)
        ) as prepared:
            while self.step < self.total_steps and not self.out_of_time:
                # The network's own chance, if it has dropout, is a function of the place, too.
                torch.manual_seed(hash((self.config.seed, self.step, self.shard.rank)))
                own = [next(prepared) for _ in range(self.shard.accumulation)]
                self._optimise([batch.to(self.accelerator.device) for batch in own])
                left = time.perf_counter()
                yield self.step
                # Of that time, what a report took to wait for the GPU belongs to the steps before.
                self._elsewhere += time.perf_counter() - max(left, self._began)

    def report(self) -> Step:
        """The means since the last report, over all processes: all of them must call this."""
        means = (self._sums / self._since).tolist()  # first: it waits for the GPU's steps
        passed = time.perf_counter() - self._began
        mine = self._bins.new_tensor([*means, passed, passed - self._elsewhere])
        loss, norm, passed, took = self.accelerator.reduce(mine, "mean").tolist()
        by_t, pictures = self.accelerator.reduce(self._bins, "sum").tolist()
        self.seconds += passed
        step = Step(
            self.step,
            loss,
            norm,
            self.lr_scheduler.get_last_lr()[0],
            self.seconds,
            self._since * self.shard.global_batch_size / took,
            [a / n if n else float("nan") for a, n in zip(by_t, pictures, strict=True)],
        )
        self._clear()
        return step

    @contextmanager
    def _averaged_weights(self) -> Iterator[UNet2DModel]:
        """The network as it would be saved now, in eval mode; as it was, afterwards."""
        network = self.trained.eval()
        if self.ema is not None:
            self.ema.store(network.parameters())
            self.ema.copy_to(network.parameters())
        yield network
        if self.ema is not None:
            self.ema.restore(network.parameters())
        network.train(self.train_mode)

    @torch.no_grad()
    def validation_loss(self, pictures: MapDataset) -> float:
        """The mean loss of the averaged weights on all these pictures, over all processes.

        Each has the same t and ε at every measurement, so that the numbers compare. All processes
        must call this.
        """
        device, batch, n = self.accelerator.device, self.shard.batch_size, len(pictures)
        sums = torch.zeros(2, device=device)
        # Where the network is compiled, Accelerate's autocast is around that one, not around this.
        with self._averaged_weights() as network, self.accelerator.autocast():
            for first in range(self.shard.rank * batch, n, self.shard.processes * batch):
                positions = range(first, min(first + batch, n))
                drawn = self.randomness.validation(positions, (pictures[i] for i in positions))
                each = self.picture_losses(network, drawn.to(device))
                sums += torch.stack([each.sum(), each.new_tensor(float(len(each)))])
        total, number = self.accelerator.reduce(sums, "sum").tolist()
        return float(total / number)

    def is_finite(self) -> bool:
        """Whether all weights still are numbers."""
        return all(bool(p.isfinite().all()) for p in self.unet.parameters())

    def pipeline(self) -> DDPMPipeline:
        """The pipeline as it stands: a copy of the network, with the averaged weights if kept."""
        trained = self.trained
        unet = UNet2DModel.from_config(trained.config).to(self.accelerator.device)
        unet.load_state_dict(trained.state_dict())
        if self.ema is not None:
            self.ema.copy_to(unet.parameters())
        return DDPMPipeline(unet, self.scheduler, self.id2label)
