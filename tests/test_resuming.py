"""Runs that go on, fail or start anew: what was reached is kept."""

import itertools
import resource
import shutil
from pathlib import Path

import numpy as np
import pytest
from accelerate.state import AcceleratorState, GradientState, PartialState
from diffusers import UNet2DModel

from ddpm_hf.errors import UserError
from ddpm_hf.training import checkpoint, losses
from ddpm_hf.training.config import TrainConfig, parse_config
from ddpm_hf.training.preflight import check_output_dir
from ddpm_hf.training.run import train
from ddpm_hf.training.run_log import RunLog
from tests.pictures import dataset_of, picture
from tests.runs import losses_of, run, same, train_here

pytestmark = pytest.mark.slow


def test_a_stream_trains_and_is_resumed_to_the_bit(dataset, tmp_path):
    part = train_here(
        dataset, tmp_path / "part", streaming=True, max_train_steps=3, lr_scheduler="constant"
    )
    whole = train_here(dataset, tmp_path / "same", streaming=True, lr_scheduler="constant")
    train_here(
        dataset, part, "--resume_from_checkpoint", "latest", streaming=True, lr_scheduler="constant"
    )
    assert same(whole, part)


def test_the_saved_configuration_starts_the_same_run(dataset, tmp_path):
    first = train_here(dataset, tmp_path / "first", prediction_type="sample", loss="l1")
    for state in (AcceleratorState, PartialState, GradientState):
        state._reset_state()
    train(
        parse_config(
            ["--config", str(first / "config.json"), "--output_dir", str(tmp_path / "again")]
        )
    )
    assert same(first, tmp_path / "again")


def test_a_loss_that_is_no_number_ends_the_run_and_spares_the_checkpoint(
    dataset, tmp_path, monkeypatch
):
    honest = losses.simple_loss
    calls = itertools.count(1)

    def breaks(*arguments):
        return honest(*arguments) * (float("nan") if next(calls) == 4 else 1)

    monkeypatch.setattr(losses, "simple_loss", breaks)
    with pytest.raises(
        UserError, match="The loss is nan at step 4; the last good one is checkpoint-2: resume from"
    ):
        train_here(dataset, tmp_path / "out")
    assert [p.name for p in checkpoint.checkpoints(tmp_path / "out")] == ["checkpoint-2"]
    # Reported too late for the loss to tell: the weights do.
    calls = itertools.count(1)
    with pytest.raises(UserError, match="weights are NaN or infinite at step 4"):
        train_here(dataset, tmp_path / "late", logging_steps=100)
    assert [p.name for p in checkpoint.checkpoints(tmp_path / "late")] == ["checkpoint-2"]
    calls = itertools.count(4)
    with pytest.raises(UserError, match="at step 1; there is no checkpoint yet: start again"):
        train_here(dataset, tmp_path / "early")


def test_a_full_disk_spares_the_last_checkpoint(dataset, tmp_path, monkeypatch):
    """The second checkpoint does not fit: the kernel itself refuses to let the file grow."""
    honest, saves = checkpoint.save, itertools.count(1)

    def full(*arguments):
        if next(saves) == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        try:
            return honest(*arguments)
        finally:
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)

    monkeypatch.setattr(checkpoint, "save", full)
    with pytest.raises(
        UserError, match=r"Can't write checkpoint-4 .* the last good one is checkpoint-2"
    ):
        train_here(dataset, tmp_path / "out")
    assert checkpoint.find(tmp_path / "out", "latest")[0]["step"] == 2
    assert not list((tmp_path / "out").glob(".checkpoint*"))


def test_a_full_disk_is_told_when_the_pipeline_does_not_fit(dataset, tmp_path, monkeypatch):
    honest = UNet2DModel.save_pretrained

    def full(*arguments, **settings):
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        try:
            honest(*arguments, **settings)
        finally:
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)

    monkeypatch.setattr(UNet2DModel, "save_pretrained", full)
    with pytest.raises(UserError, match=r"Can't write the pipeline .* good one is checkpoint-6"):
        train_here(dataset, tmp_path / "out")


def test_a_full_disk_is_told_when_a_report_does_not_fit(dataset, tmp_path, monkeypatch):
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    honest, output = RunLog.log_report, tmp_path / "out"

    def full(log, report):
        if report.number == 3:
            size = (output / "training.csv").stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        honest(log, report)

    monkeypatch.setattr(RunLog, "log_report", full)
    with pytest.raises(UserError, match=r"Can't write the log .* good one is checkpoint-2\. Once"):
        try:
            train_here(dataset, output)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    monkeypatch.undo()
    train_here(dataset, output, "--resume_from_checkpoint", "latest", max_train_steps=4)
    assert len(losses_of(output)) == 4


def test_resuming_takes_the_learning_rate_that_is_asked_for(dataset, tmp_path):
    output = train_here(dataset, tmp_path / "out", max_train_steps=2, lr_scheduler="constant")
    train_here(
        dataset,
        output,
        "--resume_from_checkpoint",
        "latest",
        max_train_steps=4,
        lr_scheduler="constant",
        learning_rate=1e-6,
    )
    table = np.genfromtxt(output / "training.csv", delimiter=",", names=True)
    assert table["learning_rate"].tolist() == [1e-3, 1e-3, 1e-6, 1e-6]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"use_ema": False}, "The checkpoint has averaged weights: resume with --use_ema"),
        ({"layers_per_block": 2}, "The checkpoint is of another network"),
        ({"prediction_type": "v_prediction"}, "resume with --prediction_type epsilon"),
        ({"ddpm_num_steps": 60}, "resume with --ddpm_num_steps 50"),
        ({"ddpm_beta_schedule": "sigmoid"}, "resume with --ddpm_beta_schedule linear"),
    ],
)
def test_resuming_another_run_is_refused(dataset, tmp_path, changes, sentence):
    output = train_here(dataset, tmp_path / "out", max_train_steps=1)
    with pytest.raises(UserError, match=sentence):
        train_here(dataset, output, "--resume_from_checkpoint", "latest", **changes)


def test_an_earlier_checkpoint_costs_the_newer_ones_only_if_told(dataset, tmp_path, monkeypatch):
    output = train_here(dataset, tmp_path / "out", max_train_steps=4, checkpointing_steps=1)
    earlier = ("--resume_from_checkpoint", "checkpoint-2")
    monkeypatch.chdir(tmp_path)
    for folder in (output, Path("out")):
        with pytest.raises(UserError, match="would remove checkpoint-3, checkpoint-4; allow it"):
            train_here(dataset, folder, *earlier)
    assert len(checkpoint.checkpoints(output)) == 4 and len(losses_of(output)) == 4
    short = {"max_train_steps": 3, "checkpointing_steps": 1}
    train_here(dataset, output, *earlier, "--overwrite_output_dir", **short)
    there = [p.name for p in checkpoint.checkpoints(output)]
    assert there == ["checkpoint-1", "checkpoint-2", "checkpoint-3"]
    assert len(losses_of(output)) == 3
    longer = {"max_train_steps": 9, "checkpointing_steps": 100}  # past all that was there before
    earlier = ("--resume_from_checkpoint", "checkpoint-1", "--overwrite_output_dir")
    train_here(dataset, output, *earlier, **longer)
    assert [p.name for p in checkpoint.checkpoints(output)] == ["checkpoint-1", "checkpoint-9"]
    assert [p.name for p in (output / "samples").glob("step-*")] == ["step-0000009.png"]


def test_another_runs_checkpoint_costs_a_run_only_if_told(dataset, tmp_path):
    one, two = (train_here(dataset, tmp_path / n, max_train_steps=4) for n in ("one", "two"))
    other = ("--resume_from_checkpoint", str(two / "checkpoint-2"))
    with pytest.raises(UserError, match="one is not empty"):
        train_here(dataset, one, *other)
    assert len(losses_of(one)) == 4
    train_here(dataset, one, *other, "--overwrite_output_dir", max_train_steps=5)
    assert [p.name for p in checkpoint.checkpoints(one)] == ["checkpoint-4", "checkpoint-5"]
    assert len(losses_of(one)) == 3 and len(losses_of(two)) == 4
    train_here(dataset, tmp_path / "new", *other, max_train_steps=5)
    assert same(one, tmp_path / "new")


def test_overwriting_removes_nothing_outside_the_run(dataset, tmp_path):
    outside = tmp_path / "logs of all"
    (outside / "others").mkdir(parents=True)
    output = train_here(dataset, tmp_path / "out", max_train_steps=2)
    for logs in (str(outside), ".", ".."):
        train_here(dataset, output, "--overwrite_output_dir", max_train_steps=1, logging_dir=logs)
    assert (outside / "others").exists() and (output / "model_index.json").exists()


def test_overwriting_waits_until_the_new_run_can_begin(dataset, tmp_path):
    output = train_here(dataset, tmp_path / "out", max_train_steps=2)
    with pytest.raises(UserError, match="Can't load the data set"):
        train_here("no/such-set", output, "--overwrite_output_dir")
    assert checkpoint.checkpoints(output) and len(losses_of(output)) == 2


@pytest.mark.parametrize("left", [b"2,0.", b"\0\0\0\n", b"2,\xff\xfe\n\n"])
def test_what_a_power_cut_left_at_the_records_end_is_left_out(dataset, tmp_path, left):
    output = train_here(dataset, tmp_path / "out", max_train_steps=2)
    with (output / "training.csv").open("ab") as record:
        record.write(left)
    train_here(dataset, output, "--resume_from_checkpoint", "latest", max_train_steps=4)
    assert len(losses_of(output)) == 4


def test_an_earlier_versions_run_goes_on_and_changed_settings_are_named(dataset, tmp_path, capsys):
    output = train_here(dataset, tmp_path / "out", max_train_steps=2)
    resumed = ("--resume_from_checkpoint", "latest")
    train_here(dataset, output, *resumed, learning_rate=1e-4, train_batch_size=2)
    said = capsys.readouterr().out
    assert "Changed since the checkpoint: learning_rate, train_batch_size." in said
    assert "A step had 4 images before the checkpoint and has 2 now" in said

    state, _ = checkpoint.find(output, "latest")
    del state["config"]["timestep_sampling"]  # as an earlier version wrote it
    checkpoint.save(output, state["step"], state, keep=None)
    record = output / "training.csv"
    lines = record.read_text().splitlines()
    record.write_text("".join(",".join(line.split(",")[:6]) + "\n" for line in lines))
    train_here(dataset, output, *resumed, timestep_sampling="logit_normal")
    assert len(losses_of(output)) == len(lines) - 1
    said = capsys.readouterr().out
    assert "learning_rate, timestep_sampling, train_batch_size." in said


def test_a_folder_with_another_run_is_refused_unless_told(dataset, tmp_path):
    output = tmp_path / "run"
    run(dataset, output)
    said = run(dataset, output, expect=1)
    assert "is not empty" in said and "Traceback" not in said
    said = run(dataset, output, "--overwrite_output_dir", max_train_steps=2)
    assert [p.name for p in checkpoint.checkpoints(output)] == ["checkpoint-2"]


def test_muon_is_resumed_to_the_bit_and_with_no_other_optimiser(dataset, tmp_path):
    muon = {"optimizer": "muon", "lr_scheduler": "constant"}
    whole = train_here(dataset, tmp_path / "whole", **muon)
    part = train_here(dataset, tmp_path / "part", **muon, max_train_steps=3)
    latest = ("--resume_from_checkpoint", "latest")
    with pytest.raises(UserError, match="resume with --optimizer muon"):
        train_here(dataset, part, *latest, lr_scheduler="constant")
    train_here(dataset, part, *latest, **muon)
    assert same(whole, part)
    adamw = train_here(dataset, tmp_path / "adamw", lr_scheduler="constant")
    assert not same(whole, adamw)


def test_latest_spares_a_finished_model_that_has_no_checkpoint(dataset, tmp_path):
    output = train_here(dataset, tmp_path / "out", max_train_steps=2)
    shutil.rmtree(output / "checkpoint-2")
    resumed = ("--resume_from_checkpoint", "latest")
    before = (output / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()
    with pytest.raises(UserError, match=r"a finished model without a checkpoint; .* --init_from"):
        train_here(dataset, output, *resumed)
    assert (output / "unet" / "diffusion_pytorch_model.safetensors").read_bytes() == before
    train_here(dataset, output, *resumed, "--overwrite_output_dir", max_train_steps=2)


@pytest.mark.parametrize("config", ['{"mine": 1}', "[1]", '{"resol', None])
def test_latest_spares_a_strangers_files(tmp_path, config):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "README.md").write_text("mine")
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    before = {file.name: file.read_text() for file in tmp_path.iterdir()}
    with pytest.raises(UserError, match=r"holds README\.md.* but no run to resume; name"):
        check_output_dir(TrainConfig(output_dir=str(tmp_path), resume_from_checkpoint="latest"))
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == before


def test_latest_begins_again_where_a_run_was_killed_before_its_first_checkpoint(dataset, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    TrainConfig(output_dir=str(tmp_path)).save(tmp_path / "config.json")
    (tmp_path / "training.csv").write_text("number,loss\n")
    train_here(dataset, tmp_path, "--resume_from_checkpoint", "latest", max_train_steps=2)
    assert (tmp_path / "notes.txt").read_text() == "mine" and len(losses_of(tmp_path)) == 2


def test_a_checkpoint_without_its_record_becomes_a_model(dataset, tmp_path):
    first = train_here(dataset, tmp_path / "first", max_train_steps=4)
    named = ("--resume_from_checkpoint", str(first / "checkpoint-4"))
    model = train_here(dataset, tmp_path / "model", *named, max_train_steps=2)
    assert same(first, model)
    card = (model / "README.md").read_text()
    assert "| loss | not recorded |" in card and "| steps | 4 of 4," in card


def test_pictures_that_came_or_went_are_told(tmp_path, capsys):
    there = tmp_path / "data"
    there.mkdir()
    for n in (8, 9):
        rows = dataset_of([picture(seed=i) for i in range(n)])
        rows.to_parquet(there / "train.parquet")
        resumed = ("--resume_from_checkpoint", "latest")
        train_here(there, tmp_path / "out", *resumed, max_train_steps=n)
    said = capsys.readouterr().out
    assert "9 images in the column 'image', read as RGB" in said
    assert "An epoch had 8 images before the checkpoint and has 9 now" in said


def test_an_output_folder_inside_the_data_is_refused(tmp_path):
    picture().save(tmp_path / "one.png")
    with pytest.raises(UserError, match="would put images into the data"):
        train_here(tmp_path, tmp_path / "run" / "out")
    assert not (tmp_path / "run" / "out").exists()
    own = tmp_path / "samples" / "own.png"
    own.parent.mkdir()
    picture().save(own)
    for data in (tmp_path, own.parent):
        with pytest.raises(UserError, match="would put images into the data"):
            train_here(data, tmp_path, "--overwrite_output_dir")
    assert own.exists()


def test_to_overwrite_a_run_removes_nothing_else(dataset, tmp_path):
    others = [tmp_path / name for name in ("samples/own.png", "logs/diary.txt", "notes.csv")]
    for file in others:
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine")
    for steps in (2, 1):
        train_here(dataset, tmp_path, "--overwrite_output_dir", max_train_steps=steps)
    assert all(file.read_text() == "mine" for file in others)
    shown = {path.stem for path in (tmp_path / "samples").iterdir()}
    assert shown == {"own", "step-0000001", "strip-0000001"}
    assert [path.name for path in tmp_path.glob("checkpoint-*")] == ["checkpoint-1"]
    assert len(list((tmp_path / "logs" / "train_accelerate").glob("events*"))) == 1


def test_without_data_it_asks_for_some(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="Name the data"):
        train(parse_config(["--output_dir", "out"]))


def test_a_log_that_cannot_be_written_is_told(dataset, tmp_path):
    with pytest.raises(UserError, match="Can't write to --logging_dir /proc/none"):
        train_here(dataset, tmp_path / "out", logging_dir="/proc/none")
