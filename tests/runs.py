"""Small training runs for the tests: in this process, or as a user starts them."""

import json

import numpy as np
import torch
from accelerate.state import AcceleratorState, GradientState, PartialState
from diffusers import UNet2DModel

from ddpm_hf.training.config import parse_config
from ddpm_hf.training.run import train
from tests.preloaded import preloaded

TINY = {
    "resolution": 8,
    "block_out_channels": [8, 16],
    "layers_per_block": 1,
    "attention_levels": [],
    "norm_num_groups": 4,
    "train_batch_size": 4,
    "eval_batch_size": 4,
    "ddpm_num_steps": 50,
    "ddpm_num_inference_steps": 2,
    "max_train_steps": 6,
    "lr_warmup_steps": 2,
    "logging_steps": 1,
    "checkpointing_steps": 2,
    "learning_rate": 1e-3,
    "use_ema": True,
    "random_flip": True,
}


def config_file(data, output, **changes):
    """A configuration beside the output folder; `data`: the data set's folder or name."""
    output.parent.mkdir(parents=True, exist_ok=True)
    path = output.parent / f"{output.name}.json"
    settings = {**TINY, "dataset_name": str(data), "output_dir": str(output), **changes}
    path.write_text(json.dumps(settings))
    return path


def train_here(data, output, *flags, **changes):
    """A run in this process; what it raises is raised."""
    for state in (AcceleratorState, PartialState, GradientState):
        state._reset_state()
    train(parse_config(["--config", str(config_file(data, output, **changes)), *flags]))
    return output


def command(data, output, *flags, script=("train_accelerate.py",), **changes):
    """The arguments of Python that start a run."""
    return [*script, "--config", str(config_file(data, output, **changes)), *flags]


def run(data, output, *flags, expect=0, parent=None, environment=None, **changes):
    """A run in a process of its own; what it prints."""
    arguments = command(data, output, *flags, **changes)
    said, status = (parent or preloaded()).run(arguments, **(environment or {}))
    assert status == expect, said
    return said


def losses_of(output):
    return np.genfromtxt(output / "training.csv", delimiter=",", names=True)["loss"]


def weights(output):
    return UNet2DModel.from_pretrained(output / "unet").state_dict()


def same(one, two):
    """Whether two runs ended with the same weights, to the bit."""
    one, two = weights(one), weights(two)
    return all(torch.equal(one[name], two[name]) for name in one)


def distance(one, two):
    """The largest difference between two runs' weights.

    All but the bias of attention's keys: no output depends on it (softmax does not see what is
    added to all), so its gradient is rounding alone, and Adam makes whole steps of that.
    """
    one, two = weights(one), weights(two)
    seen = [name for name in one if not name.endswith("to_k.bias")]
    return max(float((one[name] - two[name]).abs().max()) for name in seen)
