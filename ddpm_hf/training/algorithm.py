"""Algorithm 1 of DDPM (Ho et al. 2020), line by line (N15).

1: repeat
2:   x_0 ~ q(x_0)
3:   t ~ Uniform({1, …, T})
4:   ε ~ N(0, I)
5:   take a gradient descent step on ∇_θ ‖ε − ε_θ(√ᾱ_t·x_0 + √(1−ᾱ_t)·ε, t)‖²
6: until converged
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import torch
from torch import Tensor

from ddpm_hf import equations
from ddpm_hf.distributed import on_all
from ddpm_hf.prediction import min_snr_weight, prediction_of
from ddpm_hf.training import losses
from ddpm_hf.training.batches import Images, batches
from ddpm_hf.training.progress import TrainingStep
from ddpm_hf.training.randomness import Batch
from ddpm_hf.training.state import TrainingState


def training_steps(state: TrainingState, images: Images) -> Iterator[TrainingStep]:
    """Train to the end of the run, one optimiser step at a time; the caller logs and saves."""
    config, shard = state.config, state.shard
    state.network.train(state.train_mode)
    workers, first = config.dataloader_num_workers, state.step
    with closing(batches(images, state.randomness, shard, state.step, workers)) as draws:
        while not state.finished:  # lines 1 and 6
            # To ask the others at each step, the CPU would wait for the GPU.
            asks = state.step == first or state.device.type == "cpu"
            drawn = next_batches(state, draws, asks)  # lines 2 to 4: x_0, t, ε
            # For dropout; after the draws, since a DataLoader takes a random number as it starts.
            torch.manual_seed(hash((config.seed, state.step, shard.rank)))
            yield gradient_step(state, [batch.to(state.device) for batch in drawn])  # line 5


def next_batches(state: TrainingState, draws: Iterator[Batch], asks: bool) -> list[Batch]:
    """Lines 2 to 4 for one step. asks: where a process can't, all raise its UserError."""

    def draw() -> list[Batch]:
        return [next(draws) for _ in range(state.shard.accumulation)]

    return on_all(state.accelerator, draw) if asks else draw()


def gradient_step(state: TrainingState, micro_batches: list[Batch]) -> TrainingStep:
    """Line 5, with the mean loss of all images in these batches.

    Repeated while fp16 gradients overflow, with the loss scale halved each time.
    """
    updated = False
    while not updated:
        means, per_image = [], []
        for batch in micro_batches:
            with state.accumulate(last=batch is micro_batches[-1]):
                each = image_losses(state, state.network, batch)
                mean = each.mean() / len(micro_batches)
                state.accelerator.backward(mean)  # adds to ∇_θ
            means.append(mean.detach())
            per_image.append(each.detach())
        grad_norm = state.clip_gradients()
        updated = state.update()  # θ ← θ − η·∇_θ, as the optimiser does it
    t = torch.cat([batch.t for batch in micro_batches])
    return TrainingStep(state.step, torch.stack(means).sum(), grad_norm, t, torch.cat(per_image))


def image_losses(state: TrainingState, network: Any, batch: Batch) -> Tensor:
    """‖ε − ε_θ(√ᾱ_t·x_0 + √(1−ᾱ_t)·ε, t)‖², a mean over the values of each image: (batch,) (N15).

    The configuration may choose another target (x_0 or v), l1, min-SNR weights, and a learned
    variance, whose term of the bound is added.
    """
    x_0, t, epsilon, labels, bound_weight = batch
    kind, config = state.scheduler.config.prediction_type, state.config
    x_t = equations.q_sample(state.schedule, x_0, epsilon, t)  # √ᾱ_t·x_0 + √(1−ᾱ_t)·ε
    output, v = state.predict(network, x_t, t, labels)  # ε_θ(x_t, t)
    rates = equations.rates(state.schedule, t)
    target = equations.evaluate(prediction_of(kind).target, rates, x_0, epsilon)  # ε
    each = losses.simple_loss(config.loss, output, target)  # ‖ε − ε_θ‖²
    if config.snr_gamma is not None:
        each = each * min_snr_weight(kind, state.schedule.snr(t), config.snr_gamma)
    if v is not None:
        x_0_hat = state.scheduler.predict_original_sample(output.detach().float(), t - 1, x_t)
        bound = losses.variance_loss(state.schedule, x_0, x_t, x_0_hat, v, t)
        each = each + state.schedule.T / 1000 * bound_weight * bound
    return each
