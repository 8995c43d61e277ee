"""Checkpoints: complete or absent, and damage is noticed."""

import json
import shutil

import pytest
import torch

from ddpm_hf.errors import UserError
from ddpm_hf.training import checkpoint
from ddpm_hf.training.checkpoint import MANIFEST, TENSORS, VALUES
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.preflight import check_output_dir

STATE = {
    "unet": {"conv.weight": torch.randn(3, 2), "half": torch.ones(2, dtype=torch.bfloat16)},
    "optimizer": {"state": [{"step": torch.tensor(7.0)}], "param_groups": [{"lr": 0.1}]},
    "ema": None,
    "step": 4,
    "seconds": 0.1 + 0.2,
}


@pytest.fixture
def folder(tmp_path):
    for step in (2, 4):
        checkpoint.save(tmp_path, step, {**STATE, "step": step}, keep=None)
    return tmp_path


def names(folder):
    return [path.name for path in checkpoint.checkpoints(folder)]


def test_what_is_loaded_is_what_was_saved(folder):
    state, sentence = checkpoint.find(folder, "latest")
    assert sentence == "Resuming from checkpoint-4."
    assert state["seconds"] == STATE["seconds"] and state["ema"] is None
    for name, tensor in STATE["unet"].items():
        assert torch.equal(state["unet"][name], tensor)
        assert state["unet"][name].dtype == tensor.dtype
    assert state["optimizer"]["param_groups"] == [{"lr": 0.1}]
    assert float(state["optimizer"]["state"][0]["step"]) == 7


def test_the_newest_are_kept(tmp_path):
    for step in (2, 4, 10):
        checkpoint.save(tmp_path, step, STATE, keep=2)
    assert names(tmp_path) == ["checkpoint-4", "checkpoint-10"]
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_damaged_one_with_a_higher_number_does_not_cost_the_good_one(tmp_path):
    for step in (20, 35):
        checkpoint.save(tmp_path, step, {**STATE, "step": step}, keep=None)
    flip(tmp_path / "checkpoint-35" / TENSORS)
    checkpoint.save(tmp_path, 30, {**STATE, "step": 30}, keep=1)
    assert names(tmp_path) == ["checkpoint-30"]
    assert checkpoint.find(tmp_path, "latest")[0]["step"] == 30


def test_gone_back_to_an_earlier_one_latest_is_of_the_new_course(tmp_path):
    for step in (20, 30, 40):
        checkpoint.save(tmp_path, step, {**STATE, "step": step}, keep=None)
    (tmp_path / "checkpoint-40-best").mkdir()  # someone's own
    checkpoint.save(tmp_path, 25, {**STATE, "step": 25}, keep=2)
    assert names(tmp_path) == ["checkpoint-20", "checkpoint-25"]
    assert (tmp_path / "checkpoint-40-best").exists()


def test_manifest_has_sizes_hashes_and_versions(folder):
    manifest = json.loads((folder / "checkpoint-4" / MANIFEST).read_text())
    assert manifest["versions"]["torch"] == torch.__version__
    for name in (TENSORS, VALUES):
        seal = manifest["files"][name]
        assert seal["bytes"] == (folder / "checkpoint-4" / name).stat().st_size
        assert len(seal["sha256"]) == 64


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [truncate, flip, lambda path: path.unlink()])
@pytest.mark.parametrize("file", [TENSORS, VALUES, MANIFEST])
def test_a_damaged_checkpoint_is_passed_over_with_a_message(folder, file, damage):
    damage(folder / "checkpoint-4" / file)
    state, sentence = checkpoint.find(folder, "latest")
    assert state["step"] == 2
    assert "Passed over checkpoint-4, which is damaged: " in sentence
    assert sentence.endswith("Resuming from checkpoint-2.")
    with pytest.raises(UserError, match="checkpoint-4 is damaged"):
        checkpoint.find(folder, "checkpoint-4")
    damage(folder / "checkpoint-2" / file)
    with pytest.raises(UserError, match="No checkpoint is left"):
        checkpoint.find(folder, "latest")


def folder_instead(path):
    path.unlink()
    path.mkdir()


def file_instead_of_its_folder(path):
    shutil.rmtree(path.parent)
    path.parent.write_text("no checkpoint")


@pytest.mark.parametrize(
    "damage",
    [
        folder_instead,
        file_instead_of_its_folder,
        lambda path: path.with_name(MANIFEST).write_text('{"files": []}'),
        lambda path: path.with_name(MANIFEST).write_text("[" * 100_000),
    ],
)
def test_what_is_no_checkpoint_at_all_is_passed_over_and_replaced(folder, damage):
    damage(folder / "checkpoint-4" / VALUES)
    state, sentence = checkpoint.find(folder, "latest")
    assert state["step"] == 2 and "Passed over checkpoint-4" in sentence
    checkpoint.save(folder, 4, {**STATE, "step": 4}, keep=2)
    assert checkpoint.find(folder, "latest")[0]["step"] == 4
    assert not list(folder.glob(".checkpoint*"))


def test_a_damaged_checkpoint_is_written_again_in_its_place(folder):
    flip(folder / "checkpoint-4" / TENSORS)
    checkpoint.save(folder, 4, STATE, keep=2)
    assert checkpoint.find(folder, "latest")[0]["step"] == 4


def test_leftovers_of_a_killed_process_are_cleared(folder):
    for name in (".checkpoint-6.tmp", ".checkpoint-2.old"):
        (folder / name).mkdir()
        (folder / name / VALUES).write_text("{")
    assert names(folder) == ["checkpoint-2", "checkpoint-4"]
    checkpoint.save(folder, 6, STATE, keep=None)
    assert not list(folder.glob(".checkpoint*"))


def test_a_named_checkpoint_must_be_there(folder):
    assert checkpoint.find(folder, "checkpoint-2")[0]["step"] == 2
    assert checkpoint.find(folder, str(folder / "checkpoint-2"))[0]["step"] == 2
    with pytest.raises(UserError, match="the run has: checkpoint-2, checkpoint-4"):
        checkpoint.find(folder, "checkpoint-3")


def test_no_checkpoint_yet_is_a_start(tmp_path):
    state, sentence = checkpoint.find(tmp_path, "latest")
    assert state is None and "starting from the first step" in sentence


@pytest.mark.parametrize("what", ["a link", "gone", "not ours"])
def test_an_old_checkpoint_that_cannot_be_removed_fails_no_save(
    folder, tmp_path, monkeypatch, caplog, what
):
    old, elsewhere = folder / "checkpoint-2", tmp_path / "elsewhere"
    if what == "a link":
        old.rename(elsewhere)
        old.symlink_to(elsewhere)
    elif what == "gone":  # someone else removes it just before
        honest = checkpoint.checkpoints
        monkeypatch.setattr(
            checkpoint, "checkpoints", lambda at: [honest(at), shutil.rmtree(old)][0]
        )
    else:
        monkeypatch.setattr(shutil, "rmtree", not_permitted)
    checkpoint.save(folder, 6, {**STATE, "step": 6}, keep=2)
    monkeypatch.undo()
    assert names(folder) == ["checkpoint-4", "checkpoint-6"]
    assert ("Can't remove" in caplog.text) == (what != "a link")
    assert (elsewhere / TENSORS).exists() == (what == "a link"), "only the link was the run's"


def not_permitted(path):
    raise PermissionError(1, "Operation not permitted", str(path))


def test_a_leftover_that_cannot_be_removed_keeps_no_run_from_going_on(folder, monkeypatch, caplog):
    (folder / ".checkpoint-2.old").mkdir()
    (folder / ".pipeline-x").mkdir()
    monkeypatch.setattr(shutil, "rmtree", not_permitted)
    check_output_dir(TrainConfig(output_dir=str(folder), resume_from_checkpoint="latest"))
    assert caplog.text.count("Operation not permitted") == 2
