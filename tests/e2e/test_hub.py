"""Models from the Hub: the real client against a small Hub on loopback."""

import pytest
import torch
from huggingface_hub import ModelCard

from ddpm_hf import DDPMPipeline, DDPMScheduler
from tests.conftest import tiny_unet
from tests.hub import TOKEN
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
def folder(tmp_path):
    pipe = DDPMPipeline(unet=tiny_unet(), scheduler=DDPMScheduler())
    pipe.save_pretrained(tmp_path / "model")
    pipe.unet.to(torch.float16)
    pipe.save_pretrained(tmp_path / "model", variant="fp16")
    return tmp_path / "model"


@pytest.fixture
def run(on_hub):
    """Load a pipeline by a line of Python and draw with it; what that prints, and its status."""

    def load_and_draw(load, **environment):
        return on_hub.run(["-c", LOAD.format(load=load)], **environment)

    return load_and_draw


def test_a_model_loads_by_its_id_in_ours_and_in_stock(hub, run, folder):
    ways = {
        "ddpm_hf.DDPMPipeline.from_pretrained('someone/ours')": "ddpm_hf",
        "diffusers.DiffusionPipeline.from_pretrained('someone/stock')": "diffusers",
        "ddpm_hf.DDPMPipeline.from_pretrained('someone/half', variant='fp16',"
        " torch_dtype=torch.float16)": "ddpm_hf",
    }
    for name in ("ours", "stock", "half"):  # each is downloaded, for they share a cache
        hub.add(f"someone/{name}", folder)
    sums = []
    for load, module in ways.items():
        said, _ = run(f"pipe = {load}")
        *_, loaded_by, dtype, total = said.split()
        assert loaded_by.startswith(module), said
        assert dtype == ("torch.float16" if "fp16" in load else "torch.float32")
        sums.append(float(total))
    assert sums[0] == pytest.approx(sums[1], abs=1e-2)
    assert sums[0] == pytest.approx(sums[2], abs=1)


def test_a_private_model_needs_the_token(hub, run, folder):
    hub.add("someone/secret", folder, private=True)
    load = "pipe = ddpm_hf.DDPMPipeline.from_pretrained('someone/secret')"
    said, status = run(load)
    assert status != 0 and "someone/secret" in said
    said, status = run(load, HF_TOKEN=TOKEN)
    assert status == 0 and TOKEN not in said, said


@pytest.mark.parametrize(
    ("flags", "base"),
    [((), None), (("--streaming", "--init_from", "someone/base"), "someone/base")],
    ids=["stored", "streamed"],
)
def test_a_data_set_trains_by_its_id(hub, on_hub, folder, tmp_path, flags, base):
    hub.add("someone/base", folder)
    data, name = tmp_path / "data", "someone/streamed" if flags else "someone/stored"
    (data / "data").mkdir(parents=True)
    pictures = dataset_of([picture(seed=i) for i in range(10)], "img")
    pictures.to_parquet(data / "data" / "train-00000-of-00001.parquet")
    hub.add(f"datasets/{name}", data)
    train(name, tmp_path / "out", *flags, parent=on_hub)
    card = ModelCard.load(tmp_path / "out" / "README.md")
    assert card.data.datasets == [name] and card.data.base_model == base
    assert DDPMPipeline.from_pretrained(tmp_path / "out").unet.config.sample_size == 8


def test_pickles_are_not_read(hub, run, folder):
    for weights in (folder / "unet").glob("*.safetensors"):
        weights.unlink()
    torch.save(tiny_unet().state_dict(), folder / "unet" / "diffusion_pytorch_model.bin")
    hub.add("someone/pickled", folder)
    said, status = run("pipe = ddpm_hf.DDPMPipeline.from_pretrained('someone/pickled')")
    assert status != 0 and "safetensors" in said


@pytest.mark.parametrize(
    ("left_out", "name"),
    [("diffusion_pytorch_model.safetensors", "variant"), ("*.safetensors", "pickle")],
)
def test_a_model_without_safetensors_is_told_from_one_that_is_not_there(
    hub, run, folder, left_out, name
):
    for file in folder.glob(f"unet/{left_out}"):
        file.unlink()
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickled")
    hub.add(f"someone/{name}", folder)
    load = f"ddpm_hf.loading.load_pipeline('someone/{name}', '--model')"
    said, _ = run(f"import ddpm_hf.loading; {load}")
    assert "it has no safetensors without a variant" in said
