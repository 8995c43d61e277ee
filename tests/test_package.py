"""The package as its metadata describes it, and the commands that README has for it."""

import dataclasses
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from ddpm_hf.cli import extra, started_as
from ddpm_hf.errors import UserError
from ddpm_hf.training.config import TrainConfig, parse_config

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_readmes_first_picture_moves():
    (path, *_) = re.findall(r"!\[[^]]*\]\((.*?)\)", README)
    assert (ROOT / path).stat().st_size <= 1.5e6
    with Image.open(ROOT / path) as picture:
        assert picture.n_frames > 20 and picture.info["loop"] == 0, "or it stops"


def test_importing_the_package_and_asking_its_version_is_free():
    code = "import ddpm_hf, sys; print(ddpm_hf.__version__, *sys.modules)"
    version, *loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert re.fullmatch(r"\d+\.\d+\.\d+", version) and "version" in PROJECT["dynamic"]
    mine = {name for name in loaded if name.partition(".")[0] == "ddpm_hf"}
    assert mine == {"ddpm_hf"} and not {"torch", "tyro", "importlib.metadata"} & {*loaded}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("/usr/bin/ddpm-train", "ddpm-train"),
        ("train_accelerate.py", "accelerate launch train_accelerate.py"),
        ("/home/me/ddpm_hf/train_accelerate.py", "accelerate launch train_accelerate.py"),
        ("/home/me/ddpm_hf/ddpm_hf/train.py", "accelerate launch -m ddpm_hf.train"),
        ("/usr/bin/pytest", "accelerate launch -m ddpm_hf.train"),
    ],
)
def test_a_command_is_called_what_was_typed(monkeypatch, script, words):
    monkeypatch.setattr("sys.argv", [script, "--use_ema"])
    assert started_as("ddpm_hf.train") == words.split()


def test_what_is_missing_is_told_with_the_extra_that_has_it():
    with pytest.raises(UserError, match=r"no_such: pip install 'ddpm-hf\[train\]'"), extra("train"):
        import no_such.part  # noqa: F401
    with pytest.raises(ModuleNotFoundError), extra("train"):  # a mistake of ours
        import ddpm_hf.no_such  # noqa: F401


def test_every_extra_that_a_command_names_is_there():
    sources = "".join(path.read_text() for path in (ROOT / "ddpm_hf").rglob("*.py"))
    named = set(re.findall(r"with extra\(\"(\w+)\"\)", sources))
    assert named == {"train", "eval", "demo", "static"} and named < set(
        PROJECT["optional-dependencies"]
    )


def test_uv_finds_the_training_script_s_needs_beside_it():
    (block,) = re.findall(
        r"^# /// script\n((?:#.*\n)+?)# ///$", (ROOT / "train_accelerate.py").read_text(), re.M
    )
    script = tomllib.loads(re.sub(r"^# ?", "", block, flags=re.M))
    assert script["requires-python"] == PROJECT["requires-python"]
    assert script["dependencies"] == [f"{PROJECT['name']}[train]"]
    assert script["tool"]["uv"]["sources"][PROJECT["name"]]["path"] == "."


def job_of(*words):
    """What the Hub's own client makes of `hf jobs uv run`, without sending it."""
    code = "from huggingface_hub.cli.hf import main; main()"
    command = [sys.executable, "-c", code, "jobs", "uv", "run", "--dry-run", *words]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Job not submitted" in said
    return dict(re.findall(r"^  (\w+) +(.*)", said, re.M))


JOBS = re.findall(r"`hf jobs uv run ([^`]*)`", (ROOT / "docs" / "training.md").read_text())


@pytest.mark.parametrize("job", JOBS)
def test_the_documents_job_is_understood_by_both_clients(job):
    words = shlex.split(job)
    said = job_of(*words)
    flags = words[words.index("ddpm-train") + 1 :]
    assert said["script"] == "ddpm-train" and shlex.split(said["args"]) == flags
    config = parse_config(flags)
    assert config.push_to_hub and config.resume_from_checkpoint == "latest"
    assert said["attempts"] == "5" and said["secrets"].startswith("HF_TOKEN=")
    assert said["with"].startswith("ddpm-hf[train] @ file:///dist/")
    assert said["volumes"] == "./dist:/dist" and ":/runs " in job
    assert config.output_dir.startswith("/runs/")


def test_the_client_of_jobs_leaves_every_flag_to_the_trainer():
    assert JOBS, "docs/training.md has none"
    flags = [f"--{field.name}" for field in dataclasses.fields(TrainConfig)]
    assert shlex.split(job_of("ddpm-train", *flags)["args"]) == flags
