"""A disk that fills up, or becomes read-only, under a command: nothing is lost, and it says so.

A small tmpfs stands in for the disk, so these need root.
"""

import os
import subprocess
from contextlib import suppress

import pytest

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.errors import UserError
from ddpm_hf.evaluation import plots
from ddpm_hf.evaluation import run as evaluation
from ddpm_hf.evaluation.config import EvaluateConfig
from ddpm_hf.sampling import files
from ddpm_hf.sampling import run as sampling
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.training import checkpoint
from ddpm_hf.training import run as training
from ddpm_hf.training.run_log import RunLog
from tests.conftest import tiny_unet
from tests.pictures import dataset_of, picture
from tests.runs import losses_of, run, same, train_here

pytestmark = [pytest.mark.soak, pytest.mark.e2e]


class Disk:
    """A disk of 8 MB at `path`."""

    def __init__(self, path):
        self.path, self.filler = path, path / "filler"
        path.mkdir()
        mount("-t", "tmpfs", "-o", "size=8m", "tmpfs", path)

    def full(self):
        with suppress(OSError), self.filler.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(512))

    def read_only(self):
        """For all that is opened from now on."""
        mount("--bind", self.path, self.path)
        mount("-o", "remount,ro,bind", self.path)

    def mend(self):
        if self.filler.exists():
            self.filler.unlink()
            mount("-o", "remount,size=16m", self.path)
        else:
            subprocess.run(["umount", "--lazy", self.path], check=True)


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


@pytest.fixture
def disk(tmp_path):
    if os.geteuid():
        pytest.skip("only root can mount a disk")
    disk = Disk(tmp_path / "disk")
    yield disk
    subprocess.run(["umount", "--lazy", disk.path], check=True)


@pytest.fixture(params=["full", "read_only"])
def fails_at(request, disk, monkeypatch):
    """Has the disk fail before a function's nth call, or at once; what the command says then."""

    def told(command, place=None, name="", number=1):
        fail, calls = getattr(disk, request.param), iter(range(1, 10_000))
        if place is None:
            fail()
        else:
            honest = getattr(place, name)

            def failing(*arguments, **settings):
                if next(calls) == number:
                    fail()
                return honest(*arguments, **settings)

            monkeypatch.setattr(place, name, failing)
        with pytest.raises(UserError) as error:
            command()
        monkeypatch.undo()
        disk.mend()
        reason = "No space left on device" if request.param == "full" else "Read-only file system"
        assert f": {reason}" in str(error.value)
        return str(error.value)

    return told


@pytest.fixture(scope="module")
def whole(dataset, tmp_path_factory):
    return train_here(dataset, tmp_path_factory.mktemp("whole") / "run", lr_scheduler="constant")


@pytest.mark.parametrize(
    ("moment", "good"),
    [
        ((), None),
        ((RunLog, "log_report", 3), "checkpoint-2"),
        ((checkpoint, "save", 2), "checkpoint-2"),
        ((training, "save_pipeline", 1), "checkpoint-6"),
    ],
    ids=["start", "report", "checkpoint", "end"],
)
def test_training(dataset, whole, tmp_path, disk, fails_at, moment, good):
    there = {"output_dir": str(disk.path / "run"), "lr_scheduler": "constant"}
    said = fails_at(lambda: train_here(dataset, tmp_path / "run", **there), *moment)
    assert said.startswith("Can't write ")
    if good is not None:
        assert f"the last good one is {good}. Once there is room, resume with --resume_fr" in said
    train_here(dataset, tmp_path / "run", "--resume_from_checkpoint", "latest", **there)
    output = disk.path / "run"
    assert same(output, whole) and len(losses_of(output)) == 6
    assert not list(output.glob(".*"))


def test_a_disk_too_small_for_the_log_is_told_without_a_traceback(dataset, tmp_path, disk):
    """Though it is a thread of TensorBoard's that meets it first."""
    mount("-o", "remount,size=36k", disk.path)
    seldom = {name: 9999 for name in ("save_images_epochs", "save_model_epochs")}
    output = {"output_dir": str(disk.path / "run"), "max_train_steps": 9999, **seldom}
    said = run(dataset, tmp_path / "run", expect=1, checkpointing_steps=9999, **output)
    assert "Can't write the log to " in said and "Traceback" not in said, said


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A network that has learned nothing, and pictures."""
    folder = tmp_path_factory.mktemp("model")
    DDPMPipeline(tiny_unet(), DDPMScheduler()).save_pretrained(folder)
    (folder / "data").mkdir()
    pictures = [picture(seed=i) for i in range(140)]
    dataset_of(pictures).to_parquet(folder / "data" / "train.parquet")
    few = {"num_inference_steps": 2, "batch_size": 4, "backend": "eager"}
    return {"model": str(folder), **few}


@pytest.mark.parametrize("format", ["png", "npz"])
@pytest.mark.parametrize("moment", [(), (files, "write_block", 2), (files, "join_blocks", 1)])
def test_sampling(settings, tmp_path, disk, fails_at, format, moment):
    if format == "png" and "join_blocks" in moment:
        moment = (files, "write_block", 3)  # it writes nothing at the end

    def sample(folder):
        config = SampleConfig(**settings, output_dir=str(folder), num_samples=10, format=format)
        sampling.run(config)
        return files.read_samples(config)

    said = fails_at(lambda: sample(disk.path / "out"), *moment)
    assert said.startswith("Can't write ")
    if moment:
        assert said.endswith("once that is fixed, start again: finished samples are kept.")
    assert (sample(disk.path / "out") == sample(tmp_path / "whole")).all()
    assert not list((disk.path / "out").glob(".*"))


@pytest.mark.parametrize(
    "moment",
    [(), (files, "write_block", 2), (plots, "loss_by_t", 1), (evaluation, "_write", 1)],
    ids=["start", "sampling", "plot", "report"],
)
def test_evaluating(settings, tmp_path, disk, fails_at, moment):
    def evaluate(folder):
        config = EvaluateConfig(
            **settings,
            **{"output_dir": str(folder / "samples"), "output": str(folder / "report.json")},
            **{"dataset_name": f"{settings['model']}/data", "num_samples": 50},
            **{"train_split": "train[:80]", "test_split": "train[80:]"},
            parts=("loss",),
        )
        evaluation.run(config)
        return {file.name: file.read_bytes() for file in folder.glob("report*.*")}

    said = fails_at(lambda: evaluate(disk.path), *moment)
    assert said.startswith("Can't write ")
    again = evaluate(disk.path)
    (tmp_path / "whole").mkdir()
    assert again == evaluate(tmp_path / "whole") and len(again) == 2
