"""Do samples show the class they were drawn for? Judged by their nearest training images."""

import torch
from torch import Tensor

NEIGHBOURS = 5
BLOCK = 500
"""How many images are compared with as many others at once."""


def agreement(images: Tensor, labels: Tensor, train: Tensor, train_labels: Tensor) -> float:
    """The share of images for which most of the five nearest training images have their class.

    images, train: uint8, (n, …), compared pixel by pixel. labels, train_labels: classes, (n,).
    """
    agreed = 0
    for some, wanted in zip(torch.split(images, BLOCK), torch.split(labels, BLOCK), strict=True):
        points = some.flatten(1).float()
        distances, votes = points.new_empty(len(some), 0), wanted.new_empty(len(some), 0)
        for others, other_labels in zip(
            torch.split(train, BLOCK), torch.split(train_labels, BLOCK), strict=True
        ):
            distances = torch.cat([distances, torch.cdist(points, others.flatten(1).float())], 1)
            votes = torch.cat([votes, other_labels.expand(len(some), -1)], 1)
            distances, at = distances.topk(min(NEIGHBOURS, distances.shape[1]), largest=False)
            votes = votes.gather(1, at)
        agreed += int(((votes == wanted[:, None]).sum(1) > NEIGHBOURS // 2).sum())
    return agreed / len(images)
