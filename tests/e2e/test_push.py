"""Pushing, with the real client, to a small Hub on loopback."""

import pytest
from huggingface_hub import ModelCard

from ddpm_hf import DDPMPipeline
from tests.hub import TOKEN, USER, Repo
from tests.runs import run

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
UPLOADED = {
    "README.md",
    "loss.png",
    "model_index.json",
    "samples.png",
    "scheduler/scheduler_config.json",
    "strip.png",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
}


@pytest.fixture
def push(on_hub, dataset, tmp_path):
    """Train and push, in a process of its own; what it prints."""

    def run_and_push(*flags, token=TOKEN, expect=0):
        how = {"parent": on_hub, "environment": {"HF_TOKEN": token} if token else {}}
        return run(dataset, tmp_path / "model", "--push_to_hub", *flags, expect=expect, **how)

    return run_and_push


def nowhere(folder, secret):
    return not any(secret.encode() in p.read_bytes() for p in folder.rglob("*") if p.is_file())


def test_private_stays_private_and_only_the_model_goes(hub, push, tmp_path):
    said = push("--hub_private_repo")
    repo = hub.repos[f"{USER}/model"]
    assert repo.private
    # .gitattributes is the Hub's own affair.
    assert set(repo.files) - {".gitattributes"} == UPLOADED
    local = tmp_path / "model" / "unet" / "diffusion_pytorch_model.safetensors"
    assert repo.files["unet/diffusion_pytorch_model.safetensors"] == local.read_bytes()
    card = ModelCard(repo.files["README.md"].decode())
    assert card.data.library_name == "diffusers"
    assert f'from_pretrained("{USER}/model")' in card.text
    assert TOKEN not in said and nowhere(tmp_path / "model", TOKEN)
    assert DDPMPipeline.from_pretrained(tmp_path / "model").unet.config.sample_size == 8


def test_a_token_given_as_a_flag_is_nowhere_to_be_read(hub, push, tmp_path):
    said = push("--hub_token", TOKEN, "--hub_model_id", "student/other", token=None)
    assert set(hub.repos["student/other"].files) >= UPLOADED
    assert TOKEN not in said and nowhere(tmp_path / "model", TOKEN)


@pytest.mark.parametrize(
    ("token", "fault", "sentence"),
    [
        (None, {}, "there is no token; run `hf auth login`"),
        ("hf_wrong", {}, "does not accept the token"),
        (TOKEN, {"/api/repos/create": 403}, "may not write there"),
        (TOKEN, {"/api/repos/create": "drop"}, "can't be reached"),
    ],
)
def test_a_refusal_comes_before_the_work(hub, push, tmp_path, token, fault, sentence):
    hub.faults.update(fault)
    said = push(token=token, expect=1)
    assert sentence in said and "Traceback" not in said
    assert not list((tmp_path / "model").glob("checkpoint*"))


def test_a_name_that_the_hub_does_not_allow_is_refused(hub, push, tmp_path):
    said = push("--hub_model_id", "my model", expect=1)
    assert "Can't make the repository my model" in said and "Traceback" not in said


def test_a_public_repository_is_not_taken_for_a_private_one(hub, push, tmp_path):
    hub.repos[f"{USER}/model"] = Repo(private=False)
    said = push("--hub_private_repo", expect=1)
    assert "already exists and is public" in said
    assert hub.repos[f"{USER}/model"].files == {}


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"/commit/": 403}, "may not write there"),
        ({"/commit/": 500}, "the Hub answered 500"),
        ({"/commit/": "drop"}, "can't be reached"),
    ],
)
def test_a_push_that_fails_leaves_all_and_is_made_up_for(
    hub, on_hub, push, tmp_path, fault, sentence
):
    hub.faults.update(fault)
    said = push(expect=1)
    assert sentence in said and "push it later with `python -m ddpm_hf.hub" in said
    assert "Traceback" not in said
    for name in UPLOADED:
        assert (tmp_path / "model" / name).exists()
    unet = tmp_path / "model" / "unet"
    (unet / ".env").write_text("secret")
    (unet / "diffusion_pytorch_model.bin").write_text("old")
    (unet / "sub").mkdir()
    (unet / "sub" / "notes.txt").write_text("mine")
    hub.faults.clear()
    later = ("-m", "ddpm_hf.hub", "--folder", tmp_path / "model", "--model_id", f"{USER}/model")
    said, status = on_hub.run(later, HF_TOKEN=TOKEN)
    assert status == 0, said
    assert set(hub.repos[f"{USER}/model"].files) - {".gitattributes"} == UPLOADED
