"""Training by `accelerate launch` on two CPU processes, on data that is not cats."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from ddpm_hf.training import checkpoint
from tests.e2e.conftest import free_port
from tests.runs import distance

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SETTINGS = [
    "--resolution",
    "28",
    "--block_out_channels",
    "16",
    "32",
    "32",
    "--layers_per_block",
    "1",
    "--attention_levels",
    "2",
    "--norm_num_groups",
    "8",
    "--ddpm_num_steps",
    "200",
    "--ddpm_num_inference_steps",
    "10",
    "--eval_batch_size",
    "4",
    "--lr_warmup_steps",
    "5",
    "--learning_rate",
    "1e-3",
    "--use_ema",
]


def command(dataset, output, processes, *flags, launcher=(), script="train_accelerate.py"):
    line = [sys.executable, "-m", "accelerate.commands.launch", "--num_processes", str(processes)]
    line += ["--multi_gpu"] if processes > 1 else []
    line += launcher or ("--main_process_port", str(free_port()))
    line += [script, "--dataset_name", str(dataset), "--output_dir", str(output)]
    return [*line, *SETTINGS, *flags]


def environment(cpu=True):
    on_cpu = {"ACCELERATE_USE_CPU": "true"} if cpu else {}
    return {**os.environ, "OMP_NUM_THREADS": "1", **on_cpu}


def launch(*arguments, cpu=True, **changes):
    return subprocess.run(
        command(*arguments, **changes),
        capture_output=True,
        text=True,
        env=environment(cpu),
        timeout=900,
    )


@pytest.fixture(scope="module")
def trained(fashion, tmp_path_factory):
    output = tmp_path_factory.mktemp("out") / "fashion"
    done = launch(fashion, output, 2, "--max_train_steps", "50", "--train_batch_size", "8")
    assert done.returncode == 0, done.stdout + done.stderr
    return output


def test_two_processes_train_and_say_so(trained):
    card = (trained / "README.md").read_text()
    assert "50 of 50, 16 pictures each" in card and "2 × " in card
    losses = [float(r.split(",")[1]) for r in (trained / "training.csv").read_text().split()[1:]]
    assert losses[-1] < 0.5 * losses[0]


def test_stock_samples_the_result_without_ddpm_hf(trained, tmp_path):
    script = f"""
import diffusers, importlib.util
assert importlib.util.find_spec("ddpm_hf") is None, "ddpm_hf can be imported"
pipe = diffusers.DDPMPipeline.from_pretrained({str(trained)!r})
image = pipe(num_inference_steps=5).images[0]
print(image.mode, image.size)
"""
    # -I: neither this folder nor the environment; the editable install is taken off the path.
    hide = "import sys; sys.path[:] = [p for p in sys.path if 'ddpm' not in p]\n"
    hide += "sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in repr(f)]\n"
    done = subprocess.run(
        [sys.executable, "-I", "-c", hide + script], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "L (28, 28)", done.stderr


STEPS = ("--max_train_steps", "20")


@pytest.fixture(scope="module")
def one_process(fashion, tmp_path_factory):
    output = tmp_path_factory.mktemp("one") / "run"
    done = launch(fashion, output, 1, *STEPS, "--train_batch_size", "8")
    assert done.returncode == 0, done.stdout + done.stderr
    return output


def samples_of(output):
    return np.asarray(Image.open(output / "samples.png")).astype(int)


@pytest.mark.parametrize(
    ("processes", "flags"),
    [(2, ()), (1, ("--gradient_accumulation_steps", "2"))],
    ids=["2 × 4", "1 × 4 × 2"],
)
def test_the_same_global_batch_learns_the_same(fashion, one_process, tmp_path, processes, flags):
    output = tmp_path / "run"
    done = launch(fashion, output, processes, *STEPS, "--train_batch_size", "4", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert distance(one_process, output) <= 1e-5
    # The grid is drawn by all processes together, and is the same.
    assert abs(samples_of(output) - samples_of(one_process)).max() <= 1


def test_two_machines_learn_the_same(fashion, one_process, tmp_path):
    """Two launches on loopback that know of each other by address alone."""
    output, port = tmp_path / "run", str(free_port())
    where = ["--num_machines", "2", "--main_process_ip", "127.0.0.1", "--main_process_port", port]
    machines = [
        subprocess.Popen(
            command(
                fashion,
                output,
                2,
                *STEPS,
                "--train_batch_size",
                "4",
                launcher=[*where, "--machine_rank", str(rank)],
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(),
        )
        for rank in range(2)
    ]
    said = [machine.communicate(timeout=900)[0] for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0], "".join(said)
    assert distance(one_process, output) <= 1e-5


def test_two_processes_stop_together_and_go_on_as_one(fashion, tmp_path):
    """SIGTERM to one of two: both save and leave; the run goes on on a single process."""
    output = tmp_path / "run"
    endless = ("--max_train_steps", "9999", "--lr_scheduler", "constant", "--logging_steps", "1")
    process = subprocess.Popen(
        command(fashion, output, 2, *endless, "--train_batch_size", "4"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
    )
    table = output / "training.csv"
    while not table.exists() or len(table.read_text().splitlines()) < 3:
        assert process.poll() is None
        time.sleep(0.1)
    workers = subprocess.run(
        ["pgrep", "-P", str(process.pid)], capture_output=True, text=True
    ).stdout.split()
    os.kill(int(workers[-1]), signal.SIGTERM)
    said, _ = process.communicate(timeout=300)
    assert "Stopped at step" in said, said
    state, _ = checkpoint.find(output, "latest")
    steps = ("--max_train_steps", str(state["step"] + 3), "--lr_scheduler", "constant")
    resumed = ("--resume_from_checkpoint", "latest", "--gradient_accumulation_steps", "2")
    done = launch(fashion, output, 1, *steps, *resumed, "--train_batch_size", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not the run that would have been" not in done.stdout


def test_a_finished_run_ends(fashion, tmp_path):
    """Were the network the last to hold the processes' group, this would hang for good."""
    steps = ("--max_train_steps", "1")
    done = launch(fashion, tmp_path / "run", 2, *steps, script="tests/e2e/late_tensor.py")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_launchers_precision_is_respected(fashion, tmp_path):
    launcher = ("--mixed_precision", "bf16")
    done = launch(fashion, tmp_path / "run", 1, "--max_train_steps", "2", launcher=launcher)
    assert done.returncode == 0, done.stderr
    assert "mixed precision: bf16" in (tmp_path / "run" / "README.md").read_text()


def test_processes_that_do_not_know_of_each_other_are_refused(fashion, tmp_path):
    done = launch(fashion, tmp_path / "refused", 2, "--max_train_steps", "2", cpu=False)
    assert done.returncode != 0
    assert "set ACCELERATE_USE_CPU=true" in done.stdout + done.stderr
    assert not (tmp_path / "refused" / "model_index.json").exists()
