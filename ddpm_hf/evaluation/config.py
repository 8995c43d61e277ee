"""The options of ddpm_hf.evaluate, and the command that reproduces a report."""

import shlex
from dataclasses import MISSING, dataclass, fields
from typing import Literal

from ddpm_hf.sampling.config import SampleConfig

Part = Literal[
    "frechet",
    "inception_score",
    "kid",
    "precision",
    "classes",
    "likelihood",
    "loss",
    "one_jump",
    "memorisation",
    "decoder",
]
ALL_PARTS: tuple[Part, ...] = Part.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class EvaluateConfig(SampleConfig):
    """Sample a model and compare it with real pictures, each figure beside its noise floor.

    The samples go to --output_dir; an interrupted run continues from those that are there.
    """

    num_samples: int = 1500
    """How many samples; the Fréchet distance needs more than there are features, and published FIDs
    are of 50000."""
    num_inference_steps: int | None = 50
    """Sampling steps; None for all T."""
    dataset_name: str = "cats"
    """A local folder, `cats`, or the id of a data set on the Hub."""
    dataset_config_name: str | None = None
    """The configuration of the data set, if it has several."""
    image_column: str | None = None
    """The column with the pictures, or with the bytes or paths of their files; by default `image`,
    or the first column of images."""
    class_column: str | None = None
    """The column with each picture's class, for a class-conditional model."""
    background: Literal["white", "black"] = "white"
    """What transparent pictures are laid on, as in training."""
    train_split: str = "train"
    """The pictures that the model was trained on."""
    test_split: str = "test"
    """Pictures that it has not seen; may be a slice, such as train[90%:]."""
    parts: tuple[Part, ...] = ALL_PARTS
    """What to measure; `decoder` is for cats only, `classes` for class-conditional models,
    `inception_score` for the features inception."""
    features: Literal["efficientnet-lite0", "inception"] = "efficientnet-lite0"
    """The network whose features are compared; the Fréchet distance of inception alone is the FID,
    against all of the training split."""
    reference: str | None = None
    """For the Fréchet distance, statistics of real pictures: an .npz with `mu` and `sigma` of these
    features, instead of the training split's."""
    output: str = "report.json"
    """The report; next to it come a page, report.md, and its pictures, report/."""
    report_to_model_card: bool = False
    """Add the figures to the model's card; the model must be a local folder."""


def command(config: EvaluateConfig) -> str:
    """The command that reproduces this report, without the options for where it is written."""
    omitted = {"output", "output_dir", "report_to_model_card"}
    words = ["accelerate launch -m ddpm_hf.evaluate"]
    for field in fields(config):
        value = getattr(config, field.name)
        if field.name == "model" or (field.name not in omitted and value != field.default):
            assert field.default is not MISSING
            values = value if isinstance(value, tuple) else (value,)
            words.append(f"--{field.name} {shlex.join(map(str, values))}")
    return " ".join(words)
