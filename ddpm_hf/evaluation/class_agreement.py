"""Is a picture of the class that was asked for? The training pictures nearest to it say."""

import torch
from torch import Tensor

NEIGHBOURS = 5
CHUNK = 250
"""So many pictures are compared with all of the training split at once."""


def agreement(pictures: Tensor, labels: Tensor, seen: Tensor, seen_labels: Tensor) -> float:
    """The share of pictures with most of their five nearest training pictures in their class.

    pictures, seen: uint8, (n, …), compared pixel by pixel. labels, seen_labels: classes, (n,).
    """
    known = seen.flatten(1).float()
    agreed = 0
    for some, asked in zip(torch.split(pictures, CHUNK), torch.split(labels, CHUNK), strict=True):
        nearest = torch.cdist(some.flatten(1).float(), known).topk(NEIGHBOURS, largest=False)
        of_its_class = (seen_labels[nearest.indices] == asked[:, None]).sum(1)
        agreed += int((of_its_class > NEIGHBOURS // 2).sum())
    return agreed / len(pictures)
