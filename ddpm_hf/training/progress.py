"""Training progress: the mean loss, also by t, and the speed, from one report to the next."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ddpm_hf.distributed import on_any
from ddpm_hf.training.state import TrainingState

BINS = 10
"""Equal parts of 1..T; the loss of each is reported (N17)."""


@dataclass(frozen=True)
class TrainingStep:
    """One optimiser step, as this process sees it; the tensors stay on its device."""

    number: int
    loss: Tensor  # the mean over its images, ()
    grad_norm: Tensor  # before clipping, ()
    t: Tensor  # the timestep of each image, 1..T, (n,)
    losses: Tensor  # the loss of each image, (n,)


@dataclass(frozen=True)
class Report:
    """Where the run is, after `number` optimiser steps.

    `loss`, `grad_norm` and `loss_by_t` are means over the steps since the last report and over all
    processes; `loss_by_t` has one number for each of `BINS`, NaN where no t fell into it.
    """

    number: int
    loss: float
    grad_norm: float
    learning_rate: float
    seconds: float
    images_per_second: float
    loss_by_t: list[float]


class Progress:
    """Sums over the steps since the last report; they stay on the device, so the CPU can run ahead.

    `watch` hands the steps on, and leaves the time that its caller spends between them out of the
    speed.
    """

    def __init__(self, state: TrainingState) -> None:
        self.state = state
        self._clear()

    def _clear(self) -> None:
        self._sums = torch.zeros(2, device=self.state.device)  # loss and gradient norm
        self._bins = torch.zeros(2, BINS, device=self.state.device)  # loss and number of images
        self._steps, self._began, self._outside = 0, time.perf_counter(), 0.0

    def watch(self, steps: Iterator[TrainingStep]) -> Iterator[TrainingStep]:
        """The same steps, each added to the sums before it is passed on."""
        self._clear()
        for step in steps:
            self._add(step)
            left = time.perf_counter()
            yield step
            # A report's wait for the GPU belongs to the steps before it, so it counts as training.
            self._outside += time.perf_counter() - max(left, self._began)

    def _add(self, step: TrainingStep) -> None:
        self._sums += torch.stack([step.loss, step.grad_norm])
        bins = torch.zeros_like(self._bins)
        bin_of_image = (step.t - 1) * BINS // self.state.schedule.T
        bins.index_add_(1, bin_of_image, torch.stack([step.losses, torch.ones_like(step.losses)]))
        self._bins += bins
        self._steps += 1

    def out_of_time(self) -> bool:
        """Whether --max_train_minutes are over on any process; the next report then ends the run.

        All processes must call this.
        """
        limit, state = self.state.config.max_train_minutes, self.state
        if limit is None:
            return False
        seconds = state.seconds + time.perf_counter() - self._began
        return on_any(state.accelerator, seconds >= 60 * limit)

    def report(self) -> Report:
        """The means since the last report, over all processes. All processes must call this."""
        state = self.state
        means = (self._sums / self._steps).tolist()  # first: it waits for the GPU's steps
        passed = time.perf_counter() - self._began
        mine = self._bins.new_tensor([*means, passed, passed - self._outside])
        loss, norm, passed, training = state.accelerator.reduce(mine, "mean").tolist()
        by_t, images = state.accelerator.reduce(self._bins, "sum").tolist()
        state.seconds += passed
        report = Report(
            number=state.step,
            loss=loss,
            grad_norm=norm,
            learning_rate=float(state.lr_scheduler.get_last_lr()[0]),
            seconds=state.seconds,
            images_per_second=self._steps * state.shard.global_batch_size / training,
            loss_by_t=[a / n if n else math.nan for a, n in zip(by_t, images, strict=True)],
        )
        self._clear()
        return report
