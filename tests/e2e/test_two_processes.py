"""Training on several processes, as `accelerate launch` starts them, on data that is not cats."""

import itertools
import os
import signal
import time

import numpy as np
import pytest
import torch
from PIL import Image

from ddpm_hf.cli import STOPPED
from ddpm_hf.training import checkpoint
from tests.e2e import side_by_side
from tests.e2e.conftest import free_port
from tests.pictures import dataset_of, picture
from tests.preloaded import preloaded
from tests.runs import distance

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SETTINGS = (
    *("--resolution", "28", "--block_out_channels", "16", "32", "32", "--layers_per_block", "1"),
    *("--attention_levels", "2", "--norm_num_groups", "8", "--ddpm_num_steps", "200"),
    *("--ddpm_num_inference_steps", "10", "--eval_batch_size", "4", "--lr_warmup_steps", "5"),
    *("--learning_rate", "1e-3", "--use_ema"),
)
STEPS = ("--max_train_steps", "20")
ENDLESS = ("--max_train_steps", "9999", "--lr_scheduler", "constant", "--logging_steps", "1")


def command(dataset, output, *flags, script="train_accelerate.py"):
    data = ("--dataset_name", dataset, "--output_dir", output)
    return [script, *data, *SETTINGS, *flags]


def alone(*arguments):
    said, status = preloaded().run(command(*arguments))
    assert status == 0, said
    return said


def launch(arguments, *flags):
    """`accelerate launch` itself, whose processes import everything anew."""
    launcher = ["-m", "accelerate.commands.launch", *flags, *arguments]
    return preloaded().start(launcher, {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"})


@pytest.fixture(scope="module")
def trained(fashion, tmp_path_factory):
    output = tmp_path_factory.mktemp("out") / "fashion"
    flags = ("--max_train_steps", "50", "--train_batch_size", "8")
    side_by_side.run(command(fashion, output, *flags))
    return output


def test_two_processes_train_and_say_so(trained):
    card = (trained / "README.md").read_text()
    assert "50 of 50, 16 images each" in card and "2 × " in card
    losses = [float(r.split(",")[1]) for r in (trained / "training.csv").read_text().split()[1:]]
    assert losses[-1] < 0.5 * losses[0]


def test_stock_samples_the_result_without_ddpm_hf(trained):
    """The folder of the package, and its editable install, are taken off the path."""
    script = f"""
import sys
sys.path[:] = [p for p in sys.path if p.startswith(sys.base_prefix) or "site-packages" in p]
sys.meta_path[:] = [f for f in sys.meta_path if "editable" not in repr(f)]
import diffusers, importlib.util
assert importlib.util.find_spec("ddpm_hf") is None, "ddpm_hf can be imported"
pipe = diffusers.DDPMPipeline.from_pretrained({str(trained)!r})
pipe.set_progress_bar_config(disable=True)
image = pipe(num_inference_steps=5).images[0]
print(image.mode, image.size)
"""
    said, status = preloaded().run(["-c", script])
    assert status == 0 and said.splitlines()[-1] == "L (28, 28)", said


@pytest.fixture(scope="module")
def one_process(fashion, tmp_path_factory):
    output = tmp_path_factory.mktemp("one") / "run"
    alone(fashion, output, *STEPS, "--train_batch_size", "8")
    return output


def samples_of(output):
    return np.asarray(Image.open(output / "samples.png")).astype(int)


@pytest.mark.parametrize("processes", [2, 1], ids=["2 × 4", "1 × 4 × 2"])
def test_the_same_global_batch_learns_the_same(fashion, one_process, tmp_path, processes):
    output, four = tmp_path / "run", (*STEPS, "--train_batch_size", "4")
    if processes == 2:
        side_by_side.run(command(fashion, output, *four))
    else:
        alone(fashion, output, *four, "--gradient_accumulation_steps", "2")
    assert distance(one_process, output) <= 1e-5
    # The grid is drawn by all processes together, and is the same.
    assert abs(samples_of(output) - samples_of(one_process)).max() <= 1


@pytest.mark.soak
def test_two_machines_learn_the_same(fashion, one_process, tmp_path):
    """Two launches on loopback that know of each other by address alone, on a core each."""
    output = tmp_path / "run"
    training = command(fashion, output, *STEPS, "--train_batch_size", "4")
    where = ("--multi_gpu", "--num_processes", "2", "--num_machines", "2")
    where += ("--main_process_ip", "127.0.0.1", "--main_process_port", free_port())
    machines = [launch(training, *where, "--machine_rank", rank) for rank in range(2)]
    cores = itertools.cycle(os.sched_getaffinity(0))
    for machine, core in zip(machines, cores, strict=False):
        os.sched_setaffinity(machine.pids[0], {core})
    ended = [machine.finish() for machine in machines]
    assert all(statuses == [0] for _, statuses in ended), ended
    assert distance(one_process, output) <= 1e-5


def test_two_processes_stop_together_and_go_on_as_one(fashion, tmp_path):
    """SIGTERM to one of two: both save and leave; the run goes on on a single process."""
    output, four = tmp_path / "run", ("--train_batch_size", "4")
    running = side_by_side.start(command(fashion, output, *ENDLESS, *four))
    table = output / "training.csv"
    while not table.exists() or len(table.read_text().splitlines()) < 3:
        assert running.status() is None
        time.sleep(0.02)
    os.kill(running.pids[1], signal.SIGTERM)
    said, statuses = running.finish()
    assert statuses == [STOPPED] * 2 and "Stopped at step" in said, said
    state, _ = checkpoint.find(output, "latest")
    steps = ("--max_train_steps", state["step"] + 3, "--lr_scheduler", "constant")
    resumed = ("--resume_from_checkpoint", "latest", "--gradient_accumulation_steps", "2")
    said = alone(fashion, output, *steps, *resumed, *four)
    assert "the result differs from an uninterrupted run's" not in said


def test_a_stream_too_short_for_two_processes_is_told_by_both(tmp_path):
    """One has a picture, the other none: neither waits for the other, or says that it is gone."""
    data = tmp_path / "data"
    data.mkdir()
    dataset_of([picture()]).to_parquet(data / "train.parquet")
    flags = ("--streaming", "--max_train_steps", "2", "--channels", "3")
    said, statuses = side_by_side.start(command(data, tmp_path / "run", *flags)).finish()
    assert statuses == [1, 1] and "Traceback" not in said and "gloo" not in said, said
    assert said.count("A process's share of the stream holds no image that can be read.") == 2


FIND = """
import sys, torch
from ddpm_hf.distributed import make_accelerator
from ddpm_hf.training import checkpoint, resuming
honest = resuming.broadcast_object_list
resuming.broadcast_object_list = lambda found: (sys.stdout.write("sent\\n"), honest(found))
accelerator = make_accelerator()
if accelerator.process_index == 1 and sys.argv[2] == "its own disk":
    checkpoint.load = lambda folder: {"step": 4, "unet": "of another run"}
    checkpoint.MANIFEST = "elsewhere"
state, message = resuming.find(accelerator, __import__("pathlib").Path(sys.argv[1]), "latest")
sys.stdout.write(f"{message} {state['unet'].tolist()}\\n")  # whole: both write into one pipe
"""


@pytest.mark.parametrize(("disk", "sent"), [("shared", 0), ("its own disk", 2)])
def test_each_process_reads_a_checkpoint_itself_where_it_can(tmp_path, disk, sent):
    checkpoint.save(tmp_path, 4, {"step": 4, "unet": torch.tensor([1.5, 2.5])}, keep=None)
    said = side_by_side.run(["-c", FIND, tmp_path, disk])
    assert said.count("Resuming from checkpoint-4. [1.5, 2.5]") == 2 and said.count("sent") == sent


def test_a_launched_run_ends_and_has_the_launchers_precision(fashion, tmp_path):
    """Were the network the last to hold the processes' group, this would hang for good."""
    training = command(
        fashion, tmp_path / "run", "--max_train_steps", "1", script="tests/e2e/late_tensor.py"
    )
    flags = ("--multi_gpu", "--num_processes", "2", "--main_process_port", free_port())
    said, statuses = launch(training, *flags, "--mixed_precision", "bf16").finish()
    assert statuses == [0], said
    assert "mixed precision: bf16" in (tmp_path / "run" / "README.md").read_text()


def test_processes_that_do_not_know_of_each_other_are_refused(fashion, tmp_path):
    """As where `accelerate launch --multi_gpu` finds no GPU and is not told to use the CPU."""
    training = command(fashion, tmp_path / "refused", "--max_train_steps", "2")
    said, statuses = side_by_side.start(training, ACCELERATE_USE_CPU="false").finish()
    assert statuses == [1, 1] and "set ACCELERATE_USE_CPU=true" in said, said
    assert not (tmp_path / "refused" / "model_index.json").exists()
