"""Models from the Hub: the real client against a small Hub on loopback."""

import os
import subprocess
import sys

import pytest
import torch
from huggingface_hub import ModelCard

from ddpm_hf import DDPMPipeline, DDPMScheduler
from tests.conftest import tiny_unet
from tests.hub import TOKEN, running_hub
from tests.pictures import dataset_of, picture
from tests.runs import run as train

pytestmark = pytest.mark.e2e

LOAD = """
import torch, diffusers, ddpm_hf
{load}
pipe.set_progress_bar_config(disable=True)
pixels = pipe(generator=torch.Generator().manual_seed(0), num_inference_steps=5, output_type="np")
print(type(pipe).__module__, pipe.unet.dtype, round(float(pixels.images.sum()), 3))
"""


@pytest.fixture
def hub():
    with running_hub() as hub:
        yield hub


@pytest.fixture
def folder(tmp_path):
    pipe = DDPMPipeline(unet=tiny_unet(), scheduler=DDPMScheduler())
    pipe.save_pretrained(tmp_path / "model")
    pipe.unet.to(torch.float16)
    pipe.save_pretrained(tmp_path / "model", variant="fp16")
    return tmp_path / "model"


def run(hub, home, load, token=None):
    environment = {**os.environ, **hub.environment(home, token)}
    command = [sys.executable, "-c", LOAD.format(load=load)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)


def test_a_model_loads_by_its_id_in_ours_and_in_stock(hub, folder, tmp_path):
    hub.add("someone/pictures", folder)
    ways = {
        "pipe = ddpm_hf.DDPMPipeline.from_pretrained('someone/pictures')": "ddpm_hf",
        "pipe = diffusers.DiffusionPipeline.from_pretrained('someone/pictures')": "diffusers",
        "pipe = ddpm_hf.DDPMPipeline.from_pretrained('someone/pictures', variant='fp16',"
        " torch_dtype=torch.float16)": "ddpm_hf",
    }
    sums = []
    for number, (load, module) in enumerate(ways.items()):
        done = run(hub, tmp_path / str(number), load)
        said = done.stdout.split()
        assert said and said[0].startswith(module), done.stderr
        assert said[1] == ("torch.float16" if "fp16" in load else "torch.float32")
        sums.append(float(said[2]))
    assert sums[0] == pytest.approx(sums[1], abs=1e-2)
    assert sums[0] == pytest.approx(sums[2], abs=1)


def test_a_private_model_needs_the_token(hub, folder, tmp_path):
    hub.add("someone/secret", folder, private=True)
    load = "pipe = ddpm_hf.DDPMPipeline.from_pretrained('someone/secret')"
    refused = run(hub, tmp_path / "a", load)
    assert refused.returncode != 0 and "someone/secret" in refused.stderr
    granted = run(hub, tmp_path / "b", load, TOKEN)
    assert granted.returncode == 0, granted.stderr
    assert TOKEN not in granted.stdout + granted.stderr


@pytest.mark.parametrize("flags", [(), ("--streaming",)], ids=["stored", "streamed"])
def test_a_data_set_trains_by_its_id(hub, tmp_path, flags):
    data = tmp_path / "data"
    (data / "data").mkdir(parents=True)
    pictures = dataset_of([picture(seed=i) for i in range(10)], "img")
    pictures.to_parquet(data / "data" / "train-00000-of-00001.parquet")
    hub.add("datasets/someone/pictures", data)
    environment = hub.environment(tmp_path / "home")
    train("someone/pictures", tmp_path / "out", *flags, environment=environment)
    card = ModelCard.load(tmp_path / "out" / "README.md")
    assert card.data.datasets == ["someone/pictures"]
    assert DDPMPipeline.from_pretrained(tmp_path / "out").unet.config.sample_size == 8


def test_pickles_are_not_read(hub, folder, tmp_path):
    for weights in (folder / "unet").glob("*.safetensors"):
        weights.unlink()
    torch.save(tiny_unet().state_dict(), folder / "unet" / "diffusion_pytorch_model.bin")
    hub.add("someone/pickled", folder)
    done = run(hub, tmp_path, "pipe = ddpm_hf.DDPMPipeline.from_pretrained('someone/pickled')")
    assert done.returncode != 0 and "safetensors" in done.stderr


@pytest.mark.parametrize(
    ("left_out", "name"),
    [("diffusion_pytorch_model.safetensors", "variant"), ("*.safetensors", "pickle")],
)
def test_a_model_without_safetensors_is_told_from_one_that_is_not_there(
    hub, folder, tmp_path, left_out, name
):
    for file in folder.glob(f"unet/{left_out}"):
        file.unlink()
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickled")
    hub.add(f"someone/{name}", folder)
    load = f"ddpm_hf.loading.load_pipeline('someone/{name}', '--model')"
    done = run(hub, tmp_path / "home", f"import ddpm_hf.loading; {load}")
    assert "it has no safetensors without a variant" in done.stderr
