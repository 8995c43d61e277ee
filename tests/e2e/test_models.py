"""Other models: from a small Hub on loopback and from folders, by a process of its own."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import torch
from diffusers import DDIMScheduler
from diffusers import DDPMPipeline as StockPipeline

from ddpm_hf.demo.service.models import WEIGHTS
from tests.conftest import tiny_unet
from tests.hub import TOKEN, running_hub

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

LOAD = """
import gc, json, sys, weakref
sys.modules["openvino"] = None  # how the network runs is not the point; to convert each takes long
import gradio as gr
from ddpm_hf import DDPMPipeline
from ddpm_hf.demo.views.generate.choice import choose
from ddpm_hf.demo.service.models import Models

models, said, alive = Models(DDPMPipeline.from_pretrained("cats-32")), {}, []
for name in json.loads(sys.argv[1]):
    try:
        pipeline = models.get(name)
        labels = [0, 1] if pipeline.class_names else None
        run = pipeline.stream(2, num_inference_steps=10, class_labels=labels, backend="auto")
        steps = [step for step in run]
        said[name] = list(steps[-1].sample.shape)
        alive.append(weakref.ref(pipeline.unet))
        del pipeline, steps
    except gr.Error as error:
        said[name] = error.message
gc.collect()
kept = sum(unet() is not None for unet in alive)
print(json.dumps([said, kept, choose(models, "no/such", "", 1, None)]))
"""


def saved(folder, unet=None, scheduler=None):
    unet = unet or tiny_unet()
    StockPipeline(unet, scheduler or DDIMScheduler()).save_pretrained(folder)
    return folder


def changed(folder, file, **changes):
    """The folder, with some of a JSON file's keys changed."""
    path = folder / file
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return folder


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What each name gives: the shape of its pictures, or a sentence."""
    root = tmp_path_factory.mktemp("models")

    def new(name, **kwargs):
        return saved(root / name, **kwargs)

    all_attend = tiny_unet(
        size=64, down_block_types=["AttnDownBlock2D"] * 2, up_block_types=["AttnUpBlock2D"] * 2
    )
    folders = {
        "good": new("good"),
        "grey": new("grey", unet=tiny_unet(channels=1, size=16)),
        "half": new("half", unet=tiny_unet().half()),
        "one-folder": new("one-folder"),
        "with-code": new("with-code"),
        "pickled": new("pickled"),
        "other-network": changed(new("other-network"), "unet/config.json", _class_name="UNet3D"),
        "other-part": changed(
            new("other-part"), "model_index.json", vae=["diffusers", "AutoencoderKL"]
        ),
        "own-class": changed(
            new("own-class"), "model_index.json", unet=["my_module", "UNet2DModel"]
        ),
        "own-scheduler": changed(
            new("own-scheduler"), "model_index.json", scheduler=["diffusers", "KarrasVeScheduler"]
        ),
        "wide": new("wide", unet=tiny_unet(size=512)),
        "by-class": new("by-class", unet=tiny_unet(num_class_embeds=3)),
        "named": changed(
            new("named", unet=tiny_unet(num_class_embeds=3)),
            "model_index.json",
            id2label={"0": "a", "1": "b"},
        ),
        "misnamed": changed(
            new("misnamed", unet=tiny_unet(num_class_embeds=3)),
            "model_index.json",
            id2label={"0": "a", "5": "b"},
        ),
        "by-time": new("by-time", unet=tiny_unet(class_embed_type="timestep")),
        "deep": changed(new("deep"), "unet/config.json", layers_per_block=10**9),
        "fat": changed(new("fat"), "unet/config.json", block_out_channels=[2**20, 2**20]),
        "many-out": new("many-out", unet=tiny_unet(out_channels=300)),
        "all-attend": new("all-attend", unet=all_attend),
        "short": changed(
            new("short"), "scheduler/scheduler_config.json", trained_betas=[0.1, 0.2, 0.3]
        ),
        "wild": changed(new("wild"), "scheduler/scheduler_config.json", beta_start=2.0),
        "words": changed(new("words"), "unet/config.json", sample_size="eight"),
        "no-json": new("no-json"),
        "cut-short": new("cut-short"),
    }
    for part in ("unet", "scheduler"):
        for path in (folders["one-folder"] / part).iterdir():
            shutil.move(path, folders["one-folder"] / path.name)
    (folders["with-code"] / "unet" / "model.py").write_text("raise SystemExit('code was run')")
    (folders["pickled"] / "unet" / WEIGHTS).unlink()
    torch.save(
        tiny_unet().state_dict(), folders["pickled"] / "unet" / "diffusion_pytorch_model.bin"
    )
    (folders["no-json"] / "model_index.json").write_text("[")
    weights = folders["cut-short"] / "unet" / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1000])

    with running_hub() as hub:
        for name, folder in folders.items():
            hub.add(f"someone/{name}", folder)
        hub.add("someone/secret", folders["good"], private=True)
        hub.add("someone/huge", folders["good"])
        hub.repos["someone/huge"].files[f"unet/{WEIGHTS}"] = bytes(501 * 10**6)
        hub.add("someone/fails", folders["good"])
        hub.faults = {"/api/models/someone/fails": 500}
        names = [*hub.repos, "someone/missing", "not a name", "../../etc/passwd", "", "http://x/y"]
        names += [str(folders[name]) for name in ("good", "with-code", "pickled")]
        names += ["/etc", str(root), "n" * 300]
        # The server's own token must not open anything to a visitor.
        environment = {**os.environ, **hub.environment(root / "home", TOKEN)}
        environment |= {"DDPM_ALLOW_MODELS": "1"}
        command = [sys.executable, "-c", LOAD, json.dumps(names)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stderr
        said, alive, choice = json.loads(done.stdout.splitlines()[-1])
        left = [p for p in (root / "home").rglob("*.safetensors")]
        yield {
            "said": said,
            "alive": alive,
            "choice": choice,
            "asked": list(hub.requests),
            "left": left,
            "root": root,
        }


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("good", [2, 3, 8, 8]),
        ("grey", [2, 1, 16, 16]),
        ("half", [2, 3, 8, 8]),
        ("one-folder", [2, 3, 8, 8]),
        ("by-class", [2, 3, 8, 8]),
        ("named", [2, 3, 8, 8]),
    ],
)
def test_models_of_the_hub_draw(told, name, shape):
    assert told["said"][f"someone/{name}"] == shape


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("with-code", "comes with code of its own"),
        ("pickled", "has no safetensors weights"),
        ("huge", "is too large: its weights may have at most 500 MB"),
        ("other-network", "is not a UNet2DModel"),
        ("other-part", "is not a UNet2DModel"),
        ("own-class", "is not a UNet2DModel"),
        ("own-scheduler", "is not a UNet2DModel with one of the known schedulers"),
        ("wide", "draws pictures that are too large; at most 256 × 256"),
        ("by-time", "has classes of a kind that can't be given here"),
        ("misnamed", "can't be loaded"),
        ("deep", "can't be loaded"),
        ("fat", "can't be loaded"),
        ("many-out", "is not a UNet2DModel"),
        ("all-attend", "attends over too many pixels"),
        ("short", "can't be loaded"),
        ("wild", "can't be loaded"),
        ("words", "can't be loaded"),
        ("no-json", "can't be loaded"),
        ("cut-short", "can't be loaded"),
        ("secret", "There is no model someone/secret on the Hub, or it is private."),
        ("missing", "There is no model someone/missing on the Hub, or it is private."),
        ("fails", "The Hub can't be reached"),
    ],
)
def test_others_are_refused_in_a_sentence(told, name, sentence):
    assert sentence in told["said"][f"someone/{name}"]


def test_folders_are_checked_alike(told):
    root, said = told["root"], told["said"]
    assert said[str(root / "good")] == [2, 3, 8, 8]
    assert "code of its own" in said[str(root / "with-code")]
    assert "no safetensors" in said[str(root / "pickled")]
    for nothing in (
        "/etc",
        str(root),
        "../../etc/passwd",
        "not a name",
        "",
        "http://x/y",
        "n" * 300,
    ):
        assert said[nothing].startswith("There is no model"), nothing


def test_what_is_refused_is_not_downloaded(told):
    fetched = [path for _, path in told["asked"] if path.endswith((".safetensors", ".bin", ".py"))]
    drawn = {"good", "grey", "half", "one-folder", "by-class", "named", "cut-short", "wild"}
    assert {path.split("/")[2] for path in fetched} <= drawn
    assert not any(path.endswith((".bin", ".py")) for path in fetched)


def test_two_are_kept_and_nothing_stays_on_the_disk(told):
    assert told["alive"] == 2 and not told["left"]


def test_the_page_falls_back_on_the_bundled_model(told):
    name, _, classes, guidance, banner = told["choice"]
    assert name == "cats-32" and banner["visible"]
    assert not classes["visible"] and not guidance["visible"]
    assert banner["value"].startswith("There is no model no/such")
    assert banner["value"].endswith("cats-32 draws instead.")
