"""What the parts of a report measure: a model's samples, real images, and features of both."""

from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from ddpm_hf.data.images import to_unit_range
from ddpm_hf.distributed import Map
from ddpm_hf.evaluation.distances import Moments
from ddpm_hf.evaluation.real_images import RealImages, Split
from ddpm_hf.pipeline import DDPMPipeline


class Features(NamedTuple):
    """Features of the samples and of the real images in each role, (n, d); name: whose features.

    logits: of the samples, where the features are of a classifier.
    """

    name: str
    samples: Tensor
    reference: Tensor
    fresh: Tensor
    training: Tensor
    logits: Tensor | None


class EvalContext(NamedTuple):
    """What the parts measure: a model's samples and real images, all uint8.

    train, test: where one class is sampled, the images of that class. train_all_classes: the
    training images of every class. reference: a file of statistics, its path and what it holds.
    folder: where the main process saves plots and images.
    """

    pipeline: DDPMPipeline
    samples: Tensor
    labels: list[int] | None
    real: RealImages
    train: Split
    test: Split
    train_all_classes: Split
    features: Features | None
    reference: tuple[str, Moments] | None
    num_inference_steps: int
    seed: int
    backend: str
    map_items: Map
    is_main: bool
    folder: Path

    def first(self, split: Split, n: int) -> tuple[Tensor, Tensor | None]:
        """The first n images of a split in [−1, 1], and their classes if the model is by class."""
        x_0 = to_unit_range(list(split.pixels[:n]))
        return x_0, split.labels[:n] if self.pipeline.class_names else None
