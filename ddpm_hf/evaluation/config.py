"""The options of ddpm_hf.evaluate, in groups, and the command that reproduces a report."""

import shlex
from collections import ChainMap
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal

from ddpm_hf.sampling.config import DrawingFlags, SampleConfig, SamplerFlags, SpeedFlags

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


NUM_SAMPLES, NUM_INFERENCE_STEPS = 1500, 50
"""What is measured by default; the Fréchet distance needs more samples than features, and
published FIDs are of 50,000."""


@dataclass(frozen=True)
class RealImageFlags:
    """The real images that the samples are compared with."""

    dataset_name: str = "cats"
    """A local folder, `cats`, or the id of a data set on the Hub."""
    dataset_config_name: str | None = None
    """The configuration of the data set, if it has several."""
    image_column: str | None = None
    """The column with the images, or with the bytes or paths of their files; by default `image`,
    or the first column of images."""
    class_column: str | None = None
    """The column with each image's class, for a class-conditional model."""
    background: Literal["white", "black"] = "white"
    """What transparent images are laid on, as in training."""
    train_split: str = "train"
    """The images that the model was trained on."""
    test_split: str = "test"
    """Images that it has not seen; may be a slice, such as train[90%:]."""


@dataclass(frozen=True)
class ReportFlags:
    """What is measured, and where the report goes."""

    parts: tuple[Part, ...] = ALL_PARTS
    """What to measure; `decoder` is for cats only, `classes` for class-conditional models,
    `inception_score` for the features inception."""
    features: Literal["efficientnet-lite0", "inception"] = "efficientnet-lite0"
    """The network whose features are compared; the Fréchet distance of inception alone is the FID,
    against all of the training split."""
    reference: str | None = None
    """For the Fréchet distance, statistics of real images: an .npz with `mu` and `sigma` of these
    features, instead of the training split's."""
    output: str = "report.json"
    """The report; next to it come a page, report.md, and its images, report/."""
    report_to_model_card: bool = False
    """Add the figures to the model's card; the model must be a local folder."""


@dataclass(frozen=True)
class EvaluateConfig(ReportFlags, RealImageFlags, SampleConfig):
    """All options, those of `SampleConfig` with defaults for a report."""

    num_samples: int = NUM_SAMPLES
    num_inference_steps: int | None = NUM_INFERENCE_STEPS


def from_groups(
    *,
    drawing: DrawingFlags = DrawingFlags(num_samples=NUM_SAMPLES),  # noqa: B008
    data: RealImageFlags,
    report: ReportFlags,
    sampler: SamplerFlags = SamplerFlags(num_inference_steps=NUM_INFERENCE_STEPS),  # noqa: B008
    speed: SpeedFlags,
) -> EvaluateConfig:
    """Compare a model's samples with real images, each figure beside its noise floor.

    The samples are kept in --output_dir; an interrupted run continues from them.

    Example: accelerate launch -m ddpm_hf.evaluate --model cats-32 \\
      --dataset_name cats --output report.json
    """
    return EvaluateConfig(**ChainMap(*map(vars, (drawing, data, report, sampler, speed))))


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


def sampler(settings: dict[str, Any]) -> str:
    """A report's scheduler, in words, and what was changed from its defaults."""
    words = [settings["algorithm_type"] or settings["scheduler"] or "DDPM"]
    if settings["eta"] is not None:
        words.append(f"η = {settings['eta']:g}")
    if settings["solver_order"] != 1:
        words.append("of second order")
    if settings["timestep_spacing"] is not None:
        words.append(f"{settings['timestep_spacing']} spacing")
    if settings["max_timestep"] is not None:
        words.append(f"from timestep {settings['max_timestep']} down")
    if settings["class_label"] is not None:
        words.append(f"class {settings['class_label']}")
    if settings["guidance_scale"] != 1:
        words.append(f"guidance {settings['guidance_scale']:g}")
    return ", ".join(words)
