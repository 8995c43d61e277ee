"""Is a picture of the class that was asked for? The training pictures nearest to it say."""

import torch
from torch import Tensor

NEIGHBOURS = 5
ROWS = 500
"""How many pictures are compared with as many others at once."""


def agreement(pictures: Tensor, labels: Tensor, seen: Tensor, seen_labels: Tensor) -> float:
    """The share of pictures with most of their five nearest training pictures in their class.

    pictures, seen: uint8, (n, …), compared pixel by pixel. labels, seen_labels: classes, (n,).
    """
    agreed = 0
    for some, asked in zip(torch.split(pictures, ROWS), torch.split(labels, ROWS), strict=True):
        points = some.flatten(1).float()
        distances, votes = points.new_empty(len(some), 0), asked.new_empty(len(some), 0)
        for others, theirs in zip(
            torch.split(seen, ROWS), torch.split(seen_labels, ROWS), strict=True
        ):
            distances = torch.cat([distances, torch.cdist(points, others.flatten(1).float())], 1)
            votes = torch.cat([votes, theirs.expand(len(some), -1)], 1)
            distances, at = distances.topk(min(NEIGHBOURS, distances.shape[1]), largest=False)
            votes = votes.gather(1, at)
        agreed += int(((votes == asked[:, None]).sum(1) > NEIGHBOURS // 2).sum())
    return agreed / len(pictures)
