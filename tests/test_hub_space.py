"""Publishing the page as a Space, to a Hub on loopback by the Hub's own client."""

import subprocess
import sys
import tomllib

import pytest

from ddpm_hf.errors import UserError
from ddpm_hf.hub import space, space_files
from ddpm_hf.hub.command import main
from ddpm_hf.hub.space import SpaceConfig, publish
from tests.hub import TOKEN, USER, Repo

NAME = f"{USER}/ddpm"


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone with what must never be uploaded lying in it."""
    root = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(space_files.ROOT), str(root)], check=True)
    for name in (".env", "out/model.bin", "samples/0.png", ".venv/x.py", "runs/log", "ddpm_hf/x"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("HF_TOKEN=secret")
    monkeypatch.setattr(space_files, "ROOT", root)
    return root


@pytest.fixture
def online(online, monkeypatch):
    """On that Hub a Space takes a while to run."""
    monkeypatch.setattr(space, "SECONDS_BETWEEN_LOOKS", 0.0)
    online.stages[:] = ["BUILDING", "BUILDING", "APP_STARTING", "RUNNING"]
    return online


def config(**changes):
    return SpaceConfig(NAME, **changes)


def test_a_space_has_what_git_tracks_of_the_page_and_nothing_else(clone, online, capsys):
    publish(config())
    repo = online.repos[f"spaces/{NAME}"]
    assert repo.hardware == "zero-a10g" and not repo.private
    assert {"app.py", "README.md", "requirements.txt", "ddpm_hf/__init__.py"} <= set(repo.files)
    roots = {path.split("/")[0] for path in repo.files}
    assert roots == {
        *("README.md", "NOTES.md", "NOTES.zh.md", "LICENSE", "NOTICE", "app.py"),
        *("requirements.txt", "docs", "ddpm_hf"),
    }
    assert b"HF_TOKEN=secret" not in b"".join(repo.files.values())
    said = capsys.readouterr().out
    assert "building" in said and f"It runs: {online.url}/spaces/{NAME}" in said
    assert TOKEN not in said


def test_nothing_is_sent_in_a_dry_run(clone, online, capsys):
    publish(config(dry_run=True))
    *files, total = capsys.readouterr().out.splitlines()
    assert online.requests == [] and "nothing was sent" in total
    assert any(line.endswith("  app.py") for line in files)


def test_its_requirements_are_those_of_the_page(clone):
    lines = space_files.requirements("zero-a10g").splitlines()
    assert "torch==2.13.0" in lines and "diffusers==0.42.1" in lines
    named = {line.split("==")[0] for line in lines}
    assert not named & {"gradio", "huggingface_hub", "openvino", "datasets", "robohash"}
    base = tomllib.loads((clone / "pyproject.toml").read_text())["project"]["dependencies"]
    hidden = {line.split(">=")[0] for line in base} - {*named, "huggingface_hub"}
    without = f"import sys; sys.modules.update(dict.fromkeys({sorted(hidden)})); import app"
    subprocess.run([sys.executable, "-c", without], cwd=clone, check=True)
    on_cpu = space_files.requirements("cpu-basic", "file:///wheels").splitlines()
    assert on_cpu[0] == "--extra-index-url file:///wheels"
    assert any(line.startswith("openvino==") for line in on_cpu)


def test_its_front_matter_names_the_hardware(clone, online):
    publish(config(hardware="cpu-basic"))
    readme = online.repos[f"spaces/{NAME}"].files["README.md"].decode()
    assert "suggested_hardware: cpu-basic" in readme and online.repos[f"spaces/{NAME}"]


def test_an_upload_that_was_cut_off_goes_on(clone, online):
    online.faults["/commit/"] = "drop"
    with pytest.raises(UserError, match=r"Can't upload .*the Hub can't be reached"):
        publish(config())
    online.faults.clear()
    publish(config())
    assert "app.py" in online.repos[f"spaces/{NAME}"].files


def test_files_that_are_no_longer_part_of_the_page_go_and_others_stay(clone, online):
    online.repos[f"spaces/{NAME}"] = Repo(
        files={"ddpm_hf/__init__.py": b"", "ddpm_hf/old.py": b"", "mine.txt": b"kept"}
    )
    publish(config())
    files = online.repos[f"spaces/{NAME}"].files
    assert "ddpm_hf/old.py" not in files and files["mine.txt"] == b"kept"
    assert online.repos[f"spaces/{NAME}"].hardware == "zero-a10g", "asked for at an old Space, too"


def test_a_space_that_is_something_else_is_left_alone(clone, online):
    online.repos[f"spaces/{NAME}"] = Repo(files={"app.py": b"another", "README.md": b""})
    with pytest.raises(UserError, match="holds something else"):
        publish(config())
    assert online.repos[f"spaces/{NAME}"].files["app.py"] == b"another"


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/repos/create", 401, "does not accept the token; run `hf auth login`"),
        ("/repos/create", 402, "needs a PRO subscription; a free account may have a ZeroGPU Space"),
        ("/repos/create", 403, "it needs write access there"),
        ("/commit/", 403, "give it write access"),
        ("/commit/", 409, "something else changed it at the same time; start again"),
        ("/repos/create", 429, "wait some minutes"),
        (
            "/repos/create",
            503,
            "the Hub answered 503, which is trouble of its own: start again later",
        ),
    ],
)
def test_each_status_says_what_to_do(clone, online, path, status, sentence):
    online.faults[path] = status
    with pytest.raises(UserError, match=sentence) as caught:
        publish(config())
    assert TOKEN not in str(caught.value)


def test_a_private_one_is_created_private_and_a_public_one_refused(clone, online):
    publish(config(private=True))
    assert online.repos[f"spaces/{NAME}"].private
    online.repos[f"spaces/{NAME}"].private = False
    with pytest.raises(UserError, match=rf"^{NAME} already exists and is public; make it private"):
        publish(config(private=True))


def test_a_space_that_fails_is_told(clone, online):
    online.stages[:] = ["BUILDING", "BUILD_ERROR"]
    with pytest.raises(UserError, match="does not run: it can't be built"):
        publish(config())


@pytest.mark.slow
def test_a_static_space_is_the_page_as_plain_files_and_asks_for_no_hardware(
    clone, online, monkeypatch
):
    pytest.importorskip("latex2mathml")
    publish(config(static=True, gradio_space="other/ddpm"))
    repo = online.repos[f"spaces/{NAME}"]
    assert (repo.sdk, repo.hardware) == ("static", None)
    assert not any("/hardware" in path for _, path in online.requests)
    readme = repo.files["README.md"].decode()
    assert {"sdk: static", "app_file: index.html", "title: DDPM"} <= set(readme.splitlines())
    assert "sdk_version" not in readme and b"HF_TOKEN=secret" not in b"".join(repo.files.values())
    assert {"index.html", "ddpm.js", "service-worker.js", "LICENSE", "NOTICE"} <= set(repo.files)
    weights = "models/cats-32/unet/diffusion_pytorch_model.safetensors"
    assert (
        repo.files[weights] == (space_files.ROOT / f"ddpm_hf/pretrained/{weights[7:]}").read_bytes()
    )
    words = next(text for path, text in repo.files.items() if path.endswith("words-en.json"))
    assert f"{online.url}/spaces/other/ddpm" in words.decode()

    page = {**repo.files}
    monkeypatch.setattr(space.static_space, "contents", lambda _: page)
    repo.files["page/000000000000/style.css"] = b"of an earlier version"
    publish(config(static=True))
    assert "page/000000000000/style.css" not in repo.files


def test_a_static_space_does_not_take_the_place_of_a_gradio_space(clone, online, monkeypatch):
    monkeypatch.setattr(space.static_space, "contents", lambda _: {"ddpm.js": b""})
    online.repos[f"spaces/{NAME}"] = Repo(files={"ddpm_hf/__init__.py": b"", "app.py": b""})
    with pytest.raises(UserError, match="holds something else"):
        publish(config(static=True))


def test_a_page_that_can_not_be_written_is_told(clone, monkeypatch):
    monkeypatch.setattr(space.static_space.sys, "executable", "false")
    with pytest.raises(UserError, match="can't be written"):
        publish(config(static=True, dry_run=True))


def test_outside_of_a_clone_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(space_files, "ROOT", tmp_path)
    with pytest.raises(UserError, match="made from a clone"):
        space_files.tracked_files()


def test_the_command_line_knows_both(capsys):
    for arguments, said in ((["space", "--help"], "dry_run"), (["--help"], "--model_id")):
        with pytest.raises(SystemExit):
            main(arguments)
        assert said in capsys.readouterr().out
