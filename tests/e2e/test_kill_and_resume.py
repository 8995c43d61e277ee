"""Real processes, killed by real signals; resumed, each is the run left alone, to the bit."""

import csv
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ddpm_hf.cli import STOPPED
from ddpm_hf.training import checkpoint
from tests.pictures import dataset_of, picture
from tests.runs import command, run, same

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
RESUME = ("--resume_from_checkpoint", "latest")
LENGTH = {"max_train_steps": 10, "checkpoints_total_limit": 2}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data")
    dataset_of([picture(seed=i) for i in range(10)], "img").to_parquet(path / "train.parquet")
    return path


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    output = tmp_path_factory.mktemp("whole") / "run"
    run(data, output, **LENGTH)
    return output


def recorded(output):
    """What training.csv says of each step, but for the clock."""
    with (output / "training.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [(row["number"], row["loss"], row["learning_rate"]) for row in rows]


@pytest.mark.parametrize(
    "moment",
    ["in a step", "while writing", "before the rename", "after the rename", "while pruning"],
)
def test_killed_at_any_moment_and_resumed(data, whole, tmp_path, moment):
    output = tmp_path / "run"
    killed = subprocess.run(
        command(data, output, script=("tests/e2e/killed.py", moment), **LENGTH),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert checkpoint.find(output, "latest")[0] is not None
    said = run(data, output, *RESUME, **LENGTH)
    assert "Going on from checkpoint-" in said
    assert same(output, whole) and recorded(output) == recorded(whole)
    assert [p.name for p in checkpoint.checkpoints(output)] == ["checkpoint-8", "checkpoint-10"]
    assert not [p.name for p in output.iterdir() if p.name.startswith(".")]


def wait_for(path, process):
    while not path.exists():
        assert process.poll() is None, "it ended before its time"
        time.sleep(0.02)


def started(data, output, **settings):
    """A run in a session of its own, whose processes can be told to stop together."""
    return subprocess.Popen(
        command(data, output, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGTERM, 2)]
)
def test_told_to_stop_it_saves_and_says_so_by_its_exit_status(data, tmp_path, number, workers):
    """To all its processes, as a job system does it."""
    output = tmp_path / "run"
    endless = {
        "max_train_steps": 100_000,
        "checkpointing_steps": 100_000,
        "lr_scheduler": "constant",
        "dataloader_num_workers": workers,
    }
    process = started(data, output, **endless)
    wait_for(output / "training.csv", process)
    time.sleep(0.5)
    os.killpg(process.pid, number)
    said, _ = process.communicate(timeout=200)
    assert process.returncode == STOPPED, said
    assert "Stopped at step" in said and "Traceback" not in said
    state, _ = checkpoint.find(output, "latest")
    assert len(recorded(output)) == state["step"]
    run(data, output, *RESUME, **{**endless, "max_train_steps": state["step"] + 2})


def stopped_when_it_says(word, process):
    """Send SIGTERM once the run says the word; what it says after that, to its end."""
    said = ""
    while word not in said:
        assert process.poll() is None, said
        said += process.stdout.read(1)
    os.killpg(process.pid, signal.SIGTERM)
    said, _ = process.communicate(timeout=200)
    assert process.returncode == STOPPED, said
    assert "Stopped" in said and "Traceback" not in said
    return said


@pytest.mark.parametrize("max_train_steps", [100, 3])  # a grid on the way, and the last one
def test_told_to_stop_it_breaks_a_sample_grid_off(data, tmp_path, max_train_steps):
    output = tmp_path / "run"
    slow = {
        **{"max_train_steps": max_train_steps, "checkpointing_steps": 100, "save_images_epochs": 1},
        **{"ddpm_num_steps": 100_000, "ddpm_num_inference_steps": 100_000},
    }
    stopped_when_it_says("Sampling", started(data, output, **slow))
    assert [p.name for p in checkpoint.checkpoints(output)] == ["checkpoint-3"]
    assert not (output / "model_index.json").exists()


def test_told_to_stop_before_it_trains_it_says_how_to_go_on(data, tmp_path):
    said = stopped_when_it_says("Decoding", started(data, tmp_path / "run"))
    assert "--resume_from_checkpoint latest goes on" in said


def test_a_run_ends_whose_worker_was_killed(data, tmp_path):
    """As the system does where memory is short."""
    output = tmp_path / "run"
    endless = {"max_train_steps": 100_000, "lr_scheduler": "constant", "in_memory": "never"}
    process = started(data, output, dataloader_num_workers=2, **endless)
    wait_for(output / "training.csv", process)
    while not recorded(output):
        time.sleep(0.02)
    worker = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
    os.kill(int(worker), signal.SIGKILL)
    said, _ = process.communicate(timeout=200)
    assert process.returncode == 1 and "Traceback" not in said, said
    assert "DataLoader worker" in said and "perhaps for want of memory" in said, said


@pytest.mark.soak
def test_twenty_kills_at_random_moments(data, tmp_path, capsys):
    """Killed again and again, wherever it happens to be, until it is done."""
    settings = {"max_train_steps": 1500, "checkpointing_steps": 5, "checkpoints_total_limit": 2}
    run(data, tmp_path / "whole", **settings)
    rng, output, kills, reached = random.Random(0), tmp_path / "run", 0, []
    while kills < 20:
        process = subprocess.Popen(
            command(data, output, *RESUME, **settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        before = {p.name for p in checkpoint.checkpoints(output)}
        while process.poll() is None and {p.name for p in checkpoint.checkpoints(output)} <= before:
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 1))
        assert process.poll() is None, f"it was done after {kills} kills"
        process.kill()
        process.wait()
        kills += 1
        reached.append(checkpoint.find(output, "latest")[0]["step"])
    said = run(data, output, *RESUME, **settings)
    assert same(output, tmp_path / "whole")
    assert recorded(output) == recorded(tmp_path / "whole")
    with capsys.disabled():
        print(f"\n{kills} kills; the checkpoints gone on from: {reached}; {said.splitlines()[0]}")
