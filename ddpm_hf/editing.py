"""Sampling from your own images: starting at x_t, around a mask, or between two of them."""

from dataclasses import dataclass
from typing import Any

import torch
from diffusers import UNet2DModel
from torch import Tensor

from ddpm_hf.equations import interpolate, keep_known
from ddpm_hf.noise import Generators, noise_like
from ddpm_hf.own_pictures import Pictures, own_masks, own_pictures
from ddpm_hf.scheduler import DDPMScheduler

STRENGTH = 0.35
"""At T = 2000 this is t = 700, with as much noise as t = 500 at T = 1000 (DDPM, figure 8).

At 0.8, which diffusers has for the schedule of latent diffusion, nothing is left of an image here.
"""


@dataclass(frozen=True)
class Source:
    """Your own images: x_0 (batch, channels, height, width), and what of them is repainted.

    mask: 1 where it is, (batch, 1, height, width); None without inpainting.
    """

    x_0: Tensor
    mask: Tensor | None

    @classmethod
    def checked(
        cls, unet: UNet2DModel, image: Pictures | None, mask_image: Pictures | None, batch_size: int
    ) -> "Source | None":
        """The source of a call, None without an image. One image, or one mask, is for all.

        With `batch_size` 1, the batch is as many as there are images or masks. Raises ValueError
        for a mask without an image, numbers that do not fit, and what `own_pictures` raises.
        """
        if image is None:
            if mask_image is not None:
                raise ValueError("mask_image needs image: it says which part of it to repaint.")
            return None
        x_0 = own_pictures(unet, image)
        mask = None if mask_image is None else own_masks(unet, mask_image)
        masks = 1 if mask is None else len(mask)
        batch = max(len(x_0), masks) if batch_size == 1 else batch_size
        for number, name in ((len(x_0), "images in image"), (masks, "masks in mask_image")):
            if number not in (1, batch):
                raise ValueError(f"There are {number} {name} for a batch of {batch}.")
        x_0 = x_0.expand(batch, -1, -1, -1)
        return cls(x_0, None if mask is None else mask.expand(batch, -1, -1, -1))


def chosen_strength(strength: float | None, source: Source | None, latents: Tensor | None) -> float:
    """Which share of the steps a call takes. Raises ValueError if it has nothing to start from, or
    two things.
    """
    if source is not None and latents is not None:
        raise ValueError("Give image or latents to start from, not both.")
    if strength is None:
        return STRENGTH if source is not None and source.mask is None else 1.0
    if source is None and latents is None:
        raise ValueError("strength needs image: it says how much noise the image gets.")
    return strength


def first_step(scheduler: Any, K: int, strength: float) -> int:
    """Where a run of K steps begins that takes its last int(strength·K), as in diffusers.

    The index is into `scheduler.timesteps`. Raises ValueError for a strength outside (0, 1], or
    one that leaves no step.
    """
    if not 0 < strength <= 1:
        raise ValueError(f"strength must be above 0 and at most 1; got {strength}.")
    taken = int(K * strength)
    if taken == 0:
        raise ValueError(
            f"strength {strength} leaves none of {K} steps: raise it, or num_inference_steps."
        )
    first: int = (K - taken) * scheduler.order
    if first and hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(first)
    return first


def start(scheduler: Any, noise: Tensor, source: Source | None, first: int) -> Tensor:
    """x_t at the step of this index: drawn from the image; without one, pure noise."""
    if source is None:
        x_t: Tensor = noise * scheduler.init_noise_sigma
    else:
        t = scheduler.timesteps[first : first + 1]
        x_t = scheduler.add_noise(source.x_0.to(noise), noise, t)
    return x_t


class Repainting:
    """RePaint (Lugmayr et al. 2022): what is known of the image is put into each x_s."""

    def __init__(
        self, scheduler: Any, source: Source, noise: Tensor, generator: Generators
    ) -> None:
        """noise: like the batch. Raises ValueError for a scheduler other than ours."""
        if not isinstance(scheduler, DDPMScheduler):
            name = type(scheduler).__name__
            raise ValueError(f"Inpainting needs our DDPMScheduler; this pipeline has {name}.")
        assert source.mask is not None
        self.scheduler, self.generator = scheduler, generator
        self.x_0, self.mask = source.x_0.to(noise), source.mask.to(noise)

    def known(self, x_s: Tensor, s: int) -> Tensor:
        """x_s with the known part drawn from the image; at s = −1, its own pixels."""
        known = self.x_0
        if s >= 0:
            known = self.scheduler.add_noise(known, noise_like(known, self.generator), s)
        return keep_known(self.mask, x_s, known)

    def onward(self, x_s: Tensor, s: int, t: int) -> Tensor:
        """Where the run goes on from x_s: there, or at t > s, the steps between merged into one."""
        if t == s:
            return x_s
        x_t: Tensor = self.scheduler.add_noise_between(x_s, noise_like(x_s, self.generator), s, t)
        return x_t


def repaint_walk(K: int, jump_length: int, jump_n_sample: int) -> list[int]:
    """The steps of a run of K, by their index, with RePaint's jumps: each may come again.

    At every `jump_length`-th step from the end, the run goes back `jump_length` steps, so that each
    stretch is taken `jump_n_sample` times; as diffusers' RePaintScheduler. Raises ValueError for
    numbers below 1.
    """
    if not (jump_length >= 1 and jump_n_sample >= 1):
        raise ValueError(
            "jump_length and jump_n_sample must be at least 1; got"
            f" {jump_length} and {jump_n_sample}."
        )
    left = {K - 1 - level: jump_n_sample - 1 for level in range(0, K - jump_length, jump_length)}
    walk, index = [], 0
    while index < K:
        walk.append(index)
        index += 1
        if left.get(index, 0):
            left[index] -= 1
            index -= jump_length
    return walk


def between(scheduler: Any, pictures: Tensor, noise: Tensor, first: int, weights: Tensor) -> Tensor:
    """x_t on the line between two images, one for each weight; the two share the noise, (1, …).

    With noises of their own, the mean of the two would have less noise than any x_t.
    """
    x_t = start(scheduler, noise.expand_as(pictures), Source(pictures, None), first)
    return interpolate(weights.to(x_t).reshape(-1, 1, 1, 1), x_t[:1], x_t[1:])


def same_generators(number: int, generator: torch.Generator | None) -> list[torch.Generator]:
    """So many generators that all draw the same; from the generator one number is drawn."""
    device = generator.device if generator is not None else None
    seed = int(torch.randint(2**62, (), generator=generator, device=device))
    return [torch.Generator().manual_seed(seed) for _ in range(number)]
