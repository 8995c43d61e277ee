"""What ddpm_hf.evaluate is asked for, and the command that asks for it."""

import shlex
from dataclasses import MISSING, dataclass, fields
from typing import Literal

from ddpm_hf.sampling.config import SampleConfig

Part = Literal[
    "frechet",
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
    """Sample a model and measure it against real pictures, each figure beside its noise floor.

    The samples go to --output_dir; a run that was cut short goes on from what is there.
    """

    num_samples: int = 1500
    """How many samples; the Fréchet distance needs more than its features have dimensions."""
    num_inference_steps: int | None = 50
    """Steps of sampling; None takes all T."""
    dataset_name: str = "cats"
    """A local folder, `cats`, or the id of a data set on the Hub."""
    dataset_config_name: str | None = None
    """Which configuration of the data set, if it has several."""
    image_column: str | None = None
    """The column with the pictures, or the bytes or paths of their files; unless given, `image`, or
    the first of that type."""
    class_column: str | None = None
    """The column with each picture's class, for a model that draws by class."""
    train_split: str = "train"
    """The pictures that the model was trained on."""
    test_split: str = "test"
    """Pictures that it has not seen. A slice will do, as in train[90%:]."""
    parts: tuple[Part, ...] = ALL_PARTS
    """What to measure; `decoder` is for cats alone, `classes` for models that draw by class."""
    features: Literal["efficientnet-lite0", "inception"] = "efficientnet-lite0"
    """The network whose features are compared."""
    output: str = "report.json"
    """The report; beside it go a page, report.md, and its pictures, report/."""
    report_to_model_card: bool = False
    """Put the figures into the card of the model, which must be a local folder."""


def command(config: EvaluateConfig) -> str:
    """The command that gives this report; where it is written makes no difference."""
    left_out = {"output", "output_dir", "report_to_model_card"}
    words = ["accelerate launch -m ddpm_hf.evaluate"]
    for field in fields(config):
        value = getattr(config, field.name)
        if field.name == "model" or (field.name not in left_out and value != field.default):
            assert field.default is not MISSING
            listed = value if isinstance(value, tuple) else (value,)
            words.append(f"--{field.name} {shlex.join(str(one) for one in listed)}")
    return " ".join(words)
