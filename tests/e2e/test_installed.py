"""The wheel and the sdist, as they are built for a release, and the installed package."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import textwrap
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/ME/ddpm_hf"
SAYS = {
    "ddpm-sample --num_samples 1 --num_inference_steps 5": None,
    "ddpm-train --config cats-32": "needs the package datasets: pip install 'ddpm-hf[train]'",
    "ddpm-evaluate": "needs the package torchmetrics: pip install 'ddpm-hf[eval]'",
    "ddpm-push --folder nowhere --model_id me/x": "nowhere holds no model",
    "ddpm-demo": "needs the package gradio: pip install 'ddpm-hf[demo]'",
}
"""A command, where nothing but the base is installed, and what it can't do there."""
DRAW = """
import torch
from ddpm_hf import DDPMPipeline
pipe = DDPMPipeline.from_pretrained("cats-32")
generator = torch.Generator().manual_seed(0)
print(pipe(1, generator=generator, num_inference_steps=20, output_type="np").images.mean())
"""
BASE_ALONE = """
import re, sys
from importlib.metadata import distribution, packages_distributions

def key(name):
    return re.sub(r"[-_.]+", "-", name).lower()

base, found = set(), ["ddpm-hf"]
while found:
    if (name := key(found.pop())) not in base:
        base.add(name)
        needs = distribution(name).requires or []
        found += [re.match(r"[\\w.-]+", need)[0] for need in needs if "extra ==" not in need
                  and "sys_platform ==" not in need and "platform_system ==" not in need
                  and "python_version <" not in need]
for module, providers in packages_distributions().items():
    if not base & {*map(key, providers)}:
        sys.modules[module] = None
"""
"""Hides from Python whatever is installed but not asked for by the package's base."""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with the wheel and the sdist, made from what is committed."""
    clone = tmp_path_factory.mktemp("release") / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment["DDPM_REPOSITORY"] = REPOSITORY
    command = [sys.executable, "-m", "build"]
    subprocess.run(command, cwd=clone, env=environment, check=True, capture_output=True)
    return clone / "dist"


@pytest.fixture(scope="module")
def wheel(built):
    return next(built.glob("*.whl"))


def test_the_wheel_and_the_sdist_hold_what_the_package_is(built, wheel):
    listed = subprocess.check_output(["git", "ls-files", "ddpm_hf"], cwd=ROOT, text=True)
    package = set(listed.split())
    assert {name for name in ZipFile(wheel).namelist() if name.startswith("ddpm_hf/")} == package
    assert {"ddpm_hf/configs/cats-32.json", "ddpm_hf/train.py", "ddpm_hf/py.typed"} < package
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}
    assert package | {"train_accelerate.py", "app.py", "LICENSE", "NOTICE", "README.md"} <= held


def test_its_description_is_made_for_a_package_index(built, wheel):
    with ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = message_from_bytes(archive.read(path))
    text = metadata.get_payload(decode=True).decode()
    assert text.startswith("# ddpm_hf") and "sdk_version" not in text
    pictures, links = re.findall(r"!\[[^]]*\]\((.*?)\)", text), re.findall(r"\]\((.*?)\)", text)
    assert len(pictures) > 4 and all(path.startswith("https://") for path in links)
    for path in links:
        kind, _, inside = path.removeprefix(f"{REPOSITORY}/").partition("/main/")
        if path.startswith(REPOSITORY):
            assert kind == ("raw" if path in pictures else "blob")
            assert (ROOT / inside.partition("#")[0]).is_file()
    assert f"Repository, {REPOSITORY}" in metadata.get_all("Project-URL")
    command = [sys.executable, "-m", "twine", "check", "--strict", *built.iterdir()]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def check(python, bin, folder, **environment):
    """With the base alone beside it, the package draws, and no command ends in a traceback."""

    def run(*command):
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": "", **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    drawn = run(python, "-c", DRAW)
    assert "accelerate" not in drawn.stderr and 0.7 < float(drawn.stdout.split()[-1]) < 0.9
    for command, refusal in SAYS.items():
        name, *flags = command.split()
        done = run(bin / name, *flags)
        assert done.returncode == (refusal is not None)
        assert refusal is None or re.search(f"^{name}: .*{re.escape(refusal)}", done.stderr)
        assert f"usage: {name}" in run(bin / name, "--help").stdout
    assert (folder / "samples" / "000000.png").is_file()


@pytest.mark.soak
def test_with_the_base_alone_each_command_works_or_names_its_extra(wheel, tmp_path):
    """The rest is hidden; `make soak` installs the base for real."""
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, wheel]
    subprocess.run(pip, check=True)
    (site / "sitecustomize.py").write_text(textwrap.dedent(BASE_ALONE))
    check(sys.executable, site / "bin", tmp_path, PYTHONPATH=str(site))


@pytest.mark.soak
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_in_a_fresh_environment_too(wheel, tmp_path, version):
    python = shutil.which(f"python{version}")
    if not python or subprocess.run([python, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"there is no Python {version}")
    subprocess.run([python, "-m", "venv", tmp_path / "venv"], check=True)
    bin = tmp_path / "venv" / "bin"
    subprocess.run([bin / "pip", "install", "--quiet", wheel], check=True)
    check(bin / "python", bin, tmp_path)


@pytest.mark.soak
def test_uv_runs_the_training_script_of_a_clone(built, tmp_path):
    uv = shutil.which("uv")
    if not uv:
        pytest.skip("there is no uv")
    command = [uv, "run", built.parent / "train_accelerate.py", "--resolution", "0"]
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "train_accelerate.py: --resolution must be at least 1" in done.stderr
