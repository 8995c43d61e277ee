"""Algorithms 1 and 2 of DDPM on one screen: train on cats, then draw some.

python examples/minimal.py                                    # 15 minutes on two cores (AMD EPYC)
python examples/minimal.py --steps 2 --T 20 --size 16         # does it run?
"""

import argparse

import torch
from diffusers import UNet2DModel
from torch.nn.functional import mse_loss

from ddpm_hf.animation import grid
from ddpm_hf.data import cats
from ddpm_hf.data.images import to_images, to_unit_range
from ddpm_hf.equations import posterior, predict_x0, q_sample, reverse_step
from ddpm_hf.schedules import NoiseSchedule, linear_betas

BATCH = 32


def images(size):
    """Real cats in [−1, 1], (n, 3, size, size)."""
    chosen = cats.choose("train")[:2000]
    drawn = [torch.from_numpy(cats.compose(cat, size).copy()).permute(2, 0, 1) for cat in chosen]
    return to_unit_range(drawn)


def train(unet, data, schedule, steps):
    """Algorithm 1: predict the noise in x_t, for a random image, timestep and noise."""
    optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-3)
    for step in range(1, steps + 1):
        x_0 = data[torch.randint(len(data), (BATCH,))]
        t = torch.randint(1, schedule.T + 1, (BATCH,))
        epsilon = torch.randn_like(x_0)
        x_t = q_sample(schedule, x_0, epsilon, t)
        loss = mse_loss(unet(x_t, t - 1).sample, epsilon)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            print(f"step {step}: loss {loss:.4f}", flush=True)


@torch.no_grad()
def sample(unet, schedule, number, size):
    """Algorithm 2: from pure noise down, one step at a time."""
    x = torch.randn(number, 3, size, size)
    for t in range(schedule.T, 0, -1):
        z = torch.randn_like(x) if t > 1 else torch.zeros_like(x)
        x_0 = predict_x0(schedule, x, unet(x, t - 1).sample, t).clamp(-1, 1)
        mean, variance = posterior(schedule, x, x_0, t - 1, t)
        x = reverse_step(mean, variance.sqrt().float(), z)
    return x


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1500, help="training steps")
    parser.add_argument("--number", type=int, default=16, help="cats to draw")
    parser.add_argument("--T", type=int, default=1000, help="diffusion steps")
    parser.add_argument("--size", type=int, default=32, help="pixels of a side")
    parser.add_argument("--output", default="minimal.png")
    given = parser.parse_args()
    torch.manual_seed(0)
    schedule = NoiseSchedule.from_betas(linear_betas(given.T))
    unet = UNet2DModel(
        sample_size=given.size, block_out_channels=(32, 64, 128), layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"), norm_num_groups=8,
    )  # fmt: skip
    train(unet, images(given.size), schedule, given.steps)
    grid(to_images(sample(unet.eval(), schedule, given.number, given.size))).save(given.output)
    print(f"{given.number} cats are in {given.output}.")
