"""Wherever a class is given or told: an exact name wins, what could be two is refused."""

import accelerate
import datasets
import pytest
import torch
import tyro

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.errors import UserError
from ddpm_hf.evaluation.real_images import Split, of_class
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.sampling.model import class_number
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.source import open_source
from tests.conftest import tiny_unet
from tests.pictures import dataset_of, picture


def chosen(names, label):
    unet = tiny_unet(num_class_embeds=len(names))
    pipe = DDPMPipeline(unet, DDPMScheduler(), dict(enumerate(names)))
    return class_number(SampleConfig(class_label=label), pipe)


@pytest.mark.parametrize(
    ("names", "label", "number"),
    [
        (["0", "5", "9"], "5", 1),
        (["0", "5", "9"], 5, 1),
        (["0", "1", "10", "2"], "2", 3),
        (["0", "1", "10", "2"], "10", 2),
        (["007", "7"], "007", 0),
        (["007", "7"], "7", 1),
        (["cat", "dog"], "1", 1),
        (["cat", "dog"], "dog", 1),
        (["1", "cat"], "1", 0),
        (["2.0", "-1"], "-1", 1),
    ],
)
def test_an_exact_name_wins(names, label, number):
    assert chosen(names, label) == number


@pytest.mark.parametrize(
    ("names", "label", "told"),
    [
        (["0", "5", "9"], "1", r"no class is called 1, and number 1 is called 5: give the name"),
        (["0", "5", "9"], 2, r"no class is called 2, and number 2 is called 9: give the name"),
        (["cat", "cat", "0"], "cat", r"classes 0, 1 are called cat: give a number"),
        (["0", "5", "9"], "3", r"its classes are 0\.\.2: 0, 5, 9"),
        (["cat", "dog"], "-1", r"its classes are 0\.\.1: cat, dog"),
        (["cat", "dog"], "Dog", r"its classes are 0\.\.1: cat, dog"),
    ],
)
def test_what_could_be_two_classes_or_none_is_refused(names, label, told):
    with pytest.raises(UserError, match=f"--class_label {label} does not fit the model: {told}"):
        chosen(names, label)


def opened(folder, rows, capsys, **changes):
    datasets.DatasetDict(rows).save_to_disk(folder)
    config = TrainConfig(dataset_name=str(folder), class_column="label", resolution=8, **changes)
    open_source(config, accelerate.Accelerator(cpu=True))
    return capsys.readouterr().out


def labelled(labels):
    rows = dataset_of([picture(seed=i) for i in range(len(labels))])
    return rows.remove_columns("label").add_column("label", labels)


def test_the_log_and_refusals_call_classes_by_their_names(tmp_path, capsys):
    said = opened(tmp_path / "numbers", {"train": labelled([9, 0, 5])}, capsys)
    assert "3 classes in the column 'label': 0, 5, 9." in said
    cow = labelled([0, 1]).cast_column("label", datasets.ClassLabel(names=["cat", "cow"]))
    dog = labelled([0, 1]).cast_column("label", datasets.ClassLabel(names=["cat", "dog"]))
    both = {"train": dog, "test": cow}
    with pytest.raises(UserError, match="the first is number 1, are of the class cow, and 'label'"):
        opened(tmp_path / "names", both, capsys, validation_split="test")
    split = Split(torch.zeros(9, 1, 2, 2), torch.tensor([0] * 8 + [1]))
    with pytest.raises(UserError, match="1 images of the class dog; at least 8"):
        of_class(split, 1, "dog")


def test_a_name_is_not_read_as_a_number():
    for name in ("007", "1e3", "5"):
        config = tyro.cli(SampleConfig, args=["--class_label", name], use_underscores=True)
        assert config.class_label == name
