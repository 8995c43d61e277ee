"""The loss on the validation split."""

import torch

from ddpm_hf.data.examples import MapDataset
from ddpm_hf.training.algorithm import image_losses
from ddpm_hf.training.state import TrainingState


@torch.no_grad()
def validation_loss(state: TrainingState, images: MapDataset) -> float:
    """The mean loss of the averaged weights on all these images, over all processes.

    Each image has the same t and ε at every measurement, so that the numbers compare. All processes
    must call this.
    """
    shard, n = state.shard, len(images)
    sums = torch.zeros(2, device=state.device)
    # Accelerate's autocast is in the wrapped network's forward, and this is the bare one.
    with state.averaged_weights() as unet, state.accelerator.autocast():
        for first in range(shard.rank * shard.batch_size, n, shard.processes * shard.batch_size):
            positions = range(first, min(first + shard.batch_size, n))
            batch = state.randomness.validation_batch(positions, (images[i] for i in positions))
            each = image_losses(state, unet, batch.to(state.device))
            sums += torch.stack([each.sum(), each.new_tensor(float(len(each)))])
    total, number = state.accelerator.reduce(sums, "sum").tolist()
    return float(total / number)
