"""What a finished run prints: the commands that come next, ready to be typed."""

import shlex
from pathlib import Path

from ddpm_hf.training.config import TrainConfig

STEPS = 50
"""Sampling steps of a first look; all T take long."""
SAME_DATA = ("dataset_config_name", "image_column", "class_column")
"""Flags of the training that the evaluation needs, too, where they are given."""


def what_next(config: TrainConfig) -> str:
    """Sample, evaluate and push, a line each; without the last where the run has pushed."""
    folder = Path(config.output_dir)
    steps = ["--num_inference_steps", str(min(STEPS, config.ddpm_num_steps))]
    launch = ["accelerate", "launch", "-m"]
    sample = [*launch, "ddpm_hf.sample", "--model", folder, *steps]
    sample += ["--output_dir", folder / "generated"]
    evaluate = [*launch, "ddpm_hf.evaluate", "--model", folder, *steps, *_real_images(config)]
    evaluate += ["--output_dir", folder / "evaluated", "--output", folder / "report.json"]
    push = ["python", "-m", "ddpm_hf.hub", "--folder", folder]
    push += ["--model_id", config.hub_model_id or f"ME/{folder.resolve().name}"]
    commands = [sample, evaluate] if config.push_to_hub else [sample, evaluate, push]
    return "\n".join(f"  {shlex.join(map(str, command))}" for command in commands)


def _real_images(config: TrainConfig) -> list[str]:
    """The flags that name the data; without a validation split, a tenth of what was trained on."""
    trained, fresh = config.split, config.validation_split
    if fresh is None and config.dataset_name == "cats":
        fresh = "test"
    elif fresh is None:
        whole = config.split.partition("[")[0]
        trained, fresh = f"{whole}[:90%]", f"{whole}[90%:]"
    flags = ["--dataset_name", str(config.dataset_name or config.train_data_dir)]
    for name in SAME_DATA:
        if (value := getattr(config, name)) is not None:
            flags += [f"--{name}", value]
    return [*flags, "--train_split", trained, "--test_split", fresh]
