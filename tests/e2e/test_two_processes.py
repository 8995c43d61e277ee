"""Training by `accelerate launch` on two CPU processes, on data that is not cats."""

import os
import subprocess
import sys

import pytest
import torch
from diffusers import UNet2DModel

from tests.e2e.conftest import free_port

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


def launch(dataset, output, processes, *flags, cpu=True):
    command = [sys.executable, "-m", "accelerate.commands.launch", "--num_processes"]
    command += [str(processes), "--main_process_port", str(free_port())]
    command += ["--multi_gpu"] if processes > 1 else []
    command += ["train_accelerate.py", "--dataset_name", str(dataset), "--output_dir", str(output)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if cpu:
        environment["ACCELERATE_USE_CPU"] = "true"
    return subprocess.run(
        [*command, *SETTINGS, *flags], capture_output=True, text=True, env=environment, timeout=300
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


def test_one_and_two_processes_learn_the_same(fashion, tmp_path):
    outputs = tmp_path / "one", tmp_path / "two"
    steps = ["--max_train_steps", "10"]
    for output, processes, batch in zip(outputs, (1, 2), ("8", "4"), strict=True):
        done = launch(fashion, output, processes, *steps, "--train_batch_size", batch)
        assert done.returncode == 0, done.stdout + done.stderr
    one, two = (UNet2DModel.from_pretrained(o / "unet").state_dict() for o in outputs)
    assert max(float((one[name] - two[name]).abs().max()) for name in one) <= 1e-5
    assert not all(torch.equal(one[name], torch.zeros_like(one[name])) for name in one)


def test_processes_that_do_not_know_of_each_other_are_refused(fashion, tmp_path):
    done = launch(fashion, tmp_path / "refused", 2, "--max_train_steps", "2", cpu=False)
    assert done.returncode != 0
    assert "set ACCELERATE_USE_CPU=true" in done.stdout + done.stderr
    assert not (tmp_path / "refused" / "model_index.json").exists()
