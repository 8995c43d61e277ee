"""The paper's own model: its recipe, its network and its data's layout."""

import os
import re
import subprocess
import sys
from pathlib import Path

import accelerate
import datasets
import pytest
import torch
from diffusers import UNet2DModel

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.evaluation.real_images import read_split
from ddpm_hf.training import source
from ddpm_hf.training.config import located, parse_config
from runs.cifar10_table import table
from tests.conftest import tiny_unet
from tests.pictures import picture

ROOT = Path(__file__).parents[1]
GOOGLE = {  # the config of google/ddpm-cifar10-32
    "act_fn": "silu",
    "attention_head_dim": None,
    "block_out_channels": [128, 256, 256, 256],
    "center_input_sample": False,
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"],
    "downsample_padding": 0,
    "flip_sin_to_cos": False,
    "freq_shift": 1,
    "in_channels": 3,
    "layers_per_block": 2,
    "mid_block_scale_factor": 1,
    "norm_eps": 1e-6,
    "norm_num_groups": 32,
    "out_channels": 3,
    "sample_size": 32,
    "time_embedding_type": "positional",
    "up_block_types": ["UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
}
CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def test_the_network_is_the_papers():
    config = parse_config(["--config", "configs/cifar10.json"])
    settings = UNet2DModel.load_config(str(located(config.model_config_name_or_path)))
    assert dict(settings) == {**GOOGLE, "dropout": 0.1}, "which takes no parameters"
    with torch.device("meta"):
        unet = UNet2DModel.from_config(settings)
    assert sum(p.numel() for p in unet.parameters()) == 35_746_307
    assert {module.p for module in unet.modules() if isinstance(module, torch.nn.Dropout)} >= {0.1}


def test_the_recipe_is_the_papers():
    config = parse_config(["--config", "cifar10"])
    said = (config.ddpm_num_steps, config.ddpm_beta_schedule, config.prediction_type, config.loss)
    assert said == (1000, "linear", "epsilon", "l2")
    said = (config.train_batch_size, config.max_train_steps, config.random_flip)
    assert said == (128, 800_000, True)
    said = (config.learning_rate, config.lr_scheduler, config.lr_warmup_steps)
    assert said == (2e-4, "constant_with_warmup", 5000)
    said = (config.adam_beta1, config.adam_beta2, config.adam_epsilon, config.adam_weight_decay)
    assert said == (0.9, 0.999, 1e-8, 0) and config.max_grad_norm == 1
    assert config.use_ema and config.ema_max_decay == 0.9999
    assert config.variance_type == "fixed_large" and config.gradient_accumulation_steps == 1


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with a small `cifar10`, laid out as on the Hub."""

    def rows(n, seed):
        features = {"img": datasets.Image(), "label": datasets.ClassLabel(names=CLASSES)}
        pictures = [picture(size=(32, 32), seed=seed + i) for i in range(n)]
        columns = {"img": pictures, "label": [i % 10 for i in range(n)]}
        return datasets.Dataset.from_dict(columns, datasets.Features(features))

    folder = tmp_path_factory.mktemp("data")
    (folder / "cifar10/plain_text").mkdir(parents=True)
    for split, n, seed in (("train", 2000, 0), ("test", 600, 5000)):
        rows(n, seed).to_parquet(folder / f"cifar10/plain_text/{split}-00000-of-00001.parquet")
    (folder / "cifar10/README.md").write_text(
        "---\nconfigs:\n- config_name: plain_text\n  data_files:\n"
        + "".join(f"  - split: {s}\n    path: plain_text/{s}-*\n" for s in ("train", "test"))
        + "  default: true\n---\n"
    )
    return folder


def test_its_data_is_read_by_its_columns(data, tmp_path, monkeypatch):
    monkeypatch.chdir(data)
    # By default datasets knows a folder with a named configuration by that name alone.
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    named = ["--config", "cifar10"]
    accelerator = accelerate.Accelerator(cpu=True)
    plain = source.open_source(parse_config(named), accelerator)
    assert plain.spec.column == "img" and len(plain.dataset) == 2000
    assert not plain.spec.class_names
    by_class = source.open_source(parse_config([*named, "--class_column", "label"]), accelerator)
    assert list(by_class.spec.class_names) == CLASSES
    pipe = DDPMPipeline(tiny_unet(3, size=32), DDPMScheduler())
    test = read_split(pipe, "cifar10", "test", show_progress=False)
    assert test.pixels.shape == (600, 3, 32, 32)
    seen = {image.numpy().tobytes() for image in test.pixels}
    original = torch.frombuffer(
        bytearray(picture(size=(32, 32), seed=5000).tobytes()), dtype=torch.uint8
    )
    assert original.reshape(32, 32, 3).permute(2, 0, 1).contiguous().numpy().tobytes() in seen


BITS = {"n": 9, "total": 3.8, "prior": 0.0, "transitions": 1.8, "decoder": 2.0}
BITS |= {"standard_error": 0.1, "rate_distortion": {"rmse": [50.0, 0.9]}}


def test_the_papers_table_calls_only_a_fid_so():
    found = {"name": "FID", "value": 3.2, "n": 50000, "features": "inception"}
    score = {"mean": 9.4, "std": 0.1}
    told = table({"frechet": found, "inception_score": score, "likelihood": BITS})
    assert "| 3.17 | 3.2 |" in told and "| 9.46 ± 0.11 | 9.4 ± 0.1 |" in told
    assert "≤ 3.8 ± 0.1" in told and "| 1.78, 1.97 | 1.8, 2.0 |" in told
    assert "| 0.95 | 0.9 |" in told
    found = {"name": "Fréchet distance", "value": 48, "n": 1500, "features": "efficientnet-lite0"}
    told = table({"frechet": found, "likelihood": BITS})
    assert "no FID: efficientnet-lite0" in told and "–" in told


@pytest.mark.soak
@pytest.mark.e2e
def test_dry_run_of_the_papers_table(data):
    """Two steps of a small network, two sampling steps, on features that need no download."""
    small = ("--max_train_steps", "2", "--model_config_name_or_path", "small.json")
    unet = tiny_unet(3, size=32)
    (data / "small.json").write_text(unet.to_json_string())
    given = {"SAMPLES": "1281", "STEPS": "2", "FEATURES": "efficientnet-lite0"}
    given |= {"HF_DATASETS_CACHE": str(data / "cache")}
    environment = {
        **os.environ,
        **given,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    script = [ROOT / "runs/cifar10.sh", *small]
    done = subprocess.run(script, cwd=data, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"FID against .* \| 3.17 \| no FID: efficientnet", done.stdout), done.stdout
