"""How a gradient becomes a step: AdamW, or Muon for the inner weight matrices; learning rate."""

import math
from typing import Any

import torch
from diffusers.optimization import get_scheduler
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from ddpm_hf.training.config import TrainConfig

MOMENTUM = 0.95
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""a, b, c of X ← a·X + (b·XXᵀ + c·(XXᵀ)²)·X, which brings singular values near 1 (Jordan 2024)."""
ROUNDS = 5
ENDS = ("conv_in", "conv_out", "class_embedding")
"""Layers of a UNet2DModel that Muon leaves to AdamW: the first, the last, and the embedding."""


def orthogonal(matrix: Tensor) -> Tensor:
    """U·Vᵀ for a matrix U·S·Vᵀ, roughly: singular values from about 0.7 to 1.2.

    (rows, columns) → the same shape, bfloat16.
    """
    a, b, c = NEWTON_SCHULZ
    tall = matrix.shape[0] > matrix.shape[1]
    x: Tensor = matrix.bfloat16().T if tall else matrix.bfloat16()
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(ROUNDS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


class Muon(torch.optim.AdamW):
    """Muon for the inner matrices and convolution filters of a UNet2DModel, AdamW for the rest.

    Muon makes the mean gradient orthogonal, so that all directions are learned at the same speed.
    Its step is scaled to the size of AdamW's, so that one learning rate and weight decay serve both
    (Liu et al. 2025, "Muon is scalable for LLM training"). PyTorch's own takes no filters.
    """

    def __init__(self, unet: nn.Module, **settings: Any) -> None:
        """settings: AdamW's."""
        inside: list[Tensor] = []
        rest: list[Tensor] = []
        for name, weight in unet.named_parameters():
            matrix = weight.ndim > 1 and name.split(".")[0] not in ENDS
            (inside if matrix else rest).append(weight)
        super().__init__([{"params": inside}, {"params": rest}], **settings)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step; it clears the gradients that Muon has used."""
        group = self.param_groups[0]
        for weight in group["params"]:
            state = self.state[weight]
            if not state:
                state["step"] = torch.zeros(())  # AdamW's loading expects one for every weight
                state["momentum_buffer"] = torch.zeros_like(weight)
            state["step"] += 1
            mean = state["momentum_buffer"].lerp_(weight.grad, 1 - MOMENTUM)
            ahead = weight.grad.lerp(mean, MOMENTUM)  # Nesterov's
            step = orthogonal(ahead.flatten(1))  # a row for each output
            size = 0.2 * math.sqrt(max(step.shape))  # AdamW's root mean square is about 0.2
            weight.mul_(1 - group["lr"] * group["weight_decay"])
            weight.add_(step.reshape(weight.shape), alpha=-group["lr"] * size)
            weight.grad = None  # AdamW passes over what has none
        super().step()


def adam_settings(config: TrainConfig) -> dict[str, Any]:
    """AdamW's settings except the learning rate."""
    return {
        "betas": (config.adam_beta1, config.adam_beta2),
        "weight_decay": config.adam_weight_decay,
        "eps": config.adam_epsilon,
    }


def make_optimizer(config: TrainConfig, unet: nn.Module, fused: bool) -> torch.optim.AdamW:
    """The optimiser that the configuration names, for all weights of the network."""
    settings: dict[str, Any] = {"lr": config.learning_rate, "fused": fused, **adam_settings(config)}
    if config.optimizer == "muon":
        return Muon(unet, **settings)
    return torch.optim.AdamW(unet.parameters(), **settings)


def laid_out_like(weight: Tensor, value: Tensor) -> Tensor:
    """The value in the memory layout of the weight; a scalar as it is.

    The fused optimiser goes through memory in order: it would silently pair the elements of a
    channels-last weight with the wrong ones of a contiguous moment.
    """
    return value if value.ndim == 0 else torch.empty_like(weight).copy_(value)


def make_lr_scheduler(
    config: TrainConfig, optimizer: torch.optim.Optimizer, total_steps: int
) -> LambdaLR:
    """The learning rate over the steps of a run, as --lr_scheduler names it."""
    schedule: LambdaLR = get_scheduler(
        config.lr_scheduler,
        optimizer,
        num_warmup_steps=config.lr_warmup_steps,
        num_training_steps=total_steps,
    )
    return schedule


def state_dict(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """The optimiser's own, but with the moments as a list, one entry for each weight."""
    state = optimizer.state_dict()
    return {**state, "state": [moments for _, moments in sorted(state["state"].items())]}


def load_state_dict(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Go on from what `state_dict` gave."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    moments = {
        i: {name: laid_out_like(weight, value) for name, value in values.items()}
        for i, (weight, values) in enumerate(zip(weights, state["state"], strict=True))
    }
    optimizer.load_state_dict({**state, "state": moments})


def use_settings(config: TrainConfig, optimizer: torch.optim.Optimizer, schedule: LambdaLR) -> None:
    """Take the learning rate and so on from the configuration, not from a loaded state."""
    groups = optimizer.param_groups
    schedule.base_lrs = [config.learning_rate] * len(groups)
    rate = config.learning_rate * schedule.lr_lambdas[0](schedule.last_epoch)
    schedule._last_lr = [rate] * len(groups)
    for group in groups:
        group.update(lr=rate, initial_lr=config.learning_rate, **adam_settings(config))
