"""Real processes, killed by real signals; resumed, each is the run left alone, to the bit."""

import csv
import os
import random
import signal
import time
from pathlib import Path

import pytest

from ddpm_hf.cli import STOPPED
from ddpm_hf.training import checkpoint
from tests.preloaded import preloaded
from tests.runs import command, run, same

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
RESUME = ("--resume_from_checkpoint", "latest")
LENGTH = {"max_train_steps": 10, "checkpoints_total_limit": 2}
ENDLESS = {"max_train_steps": 100_000, "lr_scheduler": "constant"}


@pytest.fixture(scope="module")
def whole(dataset, tmp_path_factory):
    output = tmp_path_factory.mktemp("whole") / "run"
    run(dataset, output, **LENGTH)
    return output


def started(data, output, *flags, **settings):
    """A run whose process leads a group, and can be killed."""
    process = preloaded().start(command(data, output, *flags, **settings))
    return process, process.pids[0]


def recorded(output):
    """What training.csv says of each step, but for the clock."""
    table = output / "training.csv"
    rows = csv.DictReader(table.read_text().splitlines()) if table.exists() else []
    return [(row["number"], row["loss"], row["learning_rate"]) for row in rows]


def wait_for_steps(output, number, process):
    while len(recorded(output)) < number:
        assert process.status() is None, "it ended before its time"
        time.sleep(0.02)


@pytest.mark.parametrize(
    "moment",
    ["in a step", "while writing", "before the rename", "after the rename", "while pruning"],
)
def test_killed_at_any_moment_and_resumed(dataset, whole, tmp_path, moment):
    output = tmp_path / "run"
    killed, _ = started(dataset, output, script=("tests/e2e/killed.py", moment), **LENGTH)
    said, (status,) = killed.finish()
    assert status == -signal.SIGKILL, said
    assert checkpoint.find(output, "latest")[0] is not None
    said = run(dataset, output, *RESUME, **LENGTH)
    assert "Resuming from checkpoint-" in said
    assert same(output, whole) and recorded(output) == recorded(whole)
    assert [p.name for p in checkpoint.checkpoints(output)] == ["checkpoint-8", "checkpoint-10"]
    assert not [p.name for p in output.iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGTERM, 2)]
)
def test_told_to_stop_it_saves_and_says_so_by_its_exit_status(dataset, tmp_path, number, workers):
    """To all its processes, as a job system does it."""
    output = tmp_path / "run"
    endless = {**ENDLESS, "checkpointing_steps": 100_000, "dataloader_num_workers": workers}
    process, pid = started(dataset, output, **endless)
    wait_for_steps(output, 3, process)
    os.killpg(pid, number)
    said, (status,) = process.finish()
    assert status == STOPPED, said
    assert "Stopped at step" in said and "Traceback" not in said
    state, _ = checkpoint.find(output, "latest")
    assert len(recorded(output)) == state["step"]
    run(dataset, output, *RESUME, **{**endless, "max_train_steps": state["step"] + 2})


def stopped_when_it_says(word, process, pid):
    """Send SIGTERM once the run says the word; what it says after that, to its end."""
    said = ""
    while word not in said:
        assert process.status() is None, said
        said += process.output.read(1)
    os.killpg(pid, signal.SIGTERM)
    said, (status,) = process.finish()
    assert status == STOPPED, said
    assert "Stopped" in said and "Traceback" not in said
    return said


@pytest.mark.parametrize(
    "max_train_steps", [pytest.param(100, marks=pytest.mark.soak), 3]
)  # a grid on the way, and the last one
def test_told_to_stop_it_breaks_a_sample_grid_off(dataset, tmp_path, max_train_steps):
    output = tmp_path / "run"
    slow = {
        **{"max_train_steps": max_train_steps, "checkpointing_steps": 100, "save_images_epochs": 1},
        **{"ddpm_num_steps": 100_000, "ddpm_num_inference_steps": 100_000},
    }
    stopped_when_it_says("Sampling", *started(dataset, output, **slow))
    assert [p.name for p in checkpoint.checkpoints(output)] == ["checkpoint-3"]
    assert not (output / "model_index.json").exists()


def test_told_to_stop_before_it_trains_it_says_how_to_go_on(dataset, tmp_path):
    said = stopped_when_it_says("Decoding", *started(dataset, tmp_path / "run"))
    assert "--resume_from_checkpoint latest resumes" in said


def test_a_run_ends_whose_worker_was_killed(dataset, tmp_path):
    """As the system does where memory is short."""
    output = tmp_path / "run"
    on_disk = {"in_memory": "never", "dataloader_num_workers": 2}
    process, pid = started(dataset, output, **ENDLESS, **on_disk)
    wait_for_steps(output, 1, process)
    worker = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
    os.kill(int(worker), signal.SIGKILL)
    said, (status,) = process.finish()
    assert status == 1 and "Traceback" not in said, said
    assert "DataLoader worker" in said and "perhaps because memory ran out" in said, said


@pytest.mark.soak
def test_twenty_kills_at_random_moments(dataset, tmp_path, capsys):
    """Killed again and again, wherever it happens to be; then it is let to its end."""
    settings = {**ENDLESS, "checkpointing_steps": 5, "checkpoints_total_limit": 2}
    rng, output, reached = random.Random(0), tmp_path / "run", []
    for _ in range(20):
        before = {p.name for p in checkpoint.checkpoints(output)}
        process, pid = started(dataset, output, *RESUME, **settings)
        while {p.name for p in checkpoint.checkpoints(output)} <= before:
            assert process.status() is None
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 1))
        os.killpg(pid, signal.SIGKILL)
        assert process.finish()[1] == [-signal.SIGKILL]
        reached.append(checkpoint.find(output, "latest")[0]["step"])
    settings["max_train_steps"] = reached[-1] + 10
    said = run(dataset, output, *RESUME, **settings)
    run(dataset, tmp_path / "whole", **settings)
    assert same(output, tmp_path / "whole")
    assert recorded(output) == recorded(tmp_path / "whole")
    with capsys.disabled():
        print(f"\n20 kills; the checkpoints gone on from: {reached}; {said.splitlines()[0]}")
