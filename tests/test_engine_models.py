"""The page's engine by Node, beside torch: all models and runs that it reads, and refusals."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.demo.web.engine.plan import jump_plan, plan
from ddpm_hf.noise import NoiseBetween, image_generators
from ddpm_hf.prediction import prediction_of
from tests.conftest import tiny_unet

SCRIPT = Path(__file__).parent / "page" / "engine.mjs"
ATTENTION = {
    "down_block_types": ("AttnDownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "AttnUpBlock2D"),
}
NETWORKS = {
    "grey": {"channels": 1},
    "transparent": {"channels": 4},
    "learned variance": {"out_channels": 6},
    "two layers a block": {"layers_per_block": 2},
    "attention everywhere": ATTENTION | {"attention_head_dim": 16, "block_out_channels": (16, 32)},
    "one head": {"attention_head_dim": None},
    "no attention": {
        "add_attention": False,
        "down_block_types": ("DownBlock2D",) * 3,
        "up_block_types": ("UpBlock2D",) * 3,
        "block_out_channels": (8, 16, 24),
    },
    "other waves": {"flip_sin_to_cos": False, "freq_shift": 1},
    "other norms": {"norm_num_groups": 8, "norm_eps": 1e-3},
    "wide": {"size": (8, 20)},
    "odd": {"size": 14},
    "one pixel": {"size": 2},
    "a level alone": {
        "block_out_channels": (8,),
        "down_block_types": ("AttnDownBlock2D",),
        "up_block_types": ("AttnUpBlock2D",),
    },
}
"""Changes of `tiny_unet`."""
PICTURE = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(1))
NUMBERS = (PICTURE * 2 - 1).flatten().tolist()
LEFT = (torch.arange(8) < 3).expand(1, 8, 8).float()
JUMPS = {"jump_length": 2, "jump_n_sample": 3}
WEIGHTS = [0, 0.25, 1]
WITH_CLASSES = {"num_class_embeds": 4}
RUNS = {
    "ε": {},
    "v": {"scheduler": {"prediction_type": "v_prediction"}},
    "x_0": {"scheduler": {"prediction_type": "sample"}},
    "not clipped": {"scheduler": {"clip_sample": False}},
    "clipped elsewhere": {"scheduler": {"clip_sample_range": 0.3}},
    "β": {"scheduler": {"variance_type": "fixed_large"}},
    "zero terminal SNR": {
        "scheduler": {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True},
        "timesteps": [1999, 1000, 0],
    },
    "half the noise": {"stream": {"noise_scale": 0.5}, "settings": {"noise_scale": 0.5}},
    "DDIM": {"stream": {"eta": 0.5}, "plan": {"eta": 0.5}},
    "DDIM, no noise": {"stream": {"eta": 0.0}, "plan": {"eta": 0.0}},
    "second order": {"stream": {"solver_order": 2}, "plan": {"solver_order": 2}},
    "second order, repainted": {
        "stream": {"image": PICTURE, "mask_image": LEFT, "solver_order": 2, **JUMPS},
        "settings": {"image": NUMBERS, "mask": LEFT.flatten().tolist(), **JUMPS},
        "plan": {"solver_order": 2},
    },
    "no noise": {"stream": {"noise_scale": 0.0}, "settings": {"variance": "none"}},
    "a class": {"stream": {"class_labels": 2}, "settings": {"class_label": 2}, **WITH_CLASSES},
    "any class": WITH_CLASSES,
    "classes": {
        "stream": {"class_labels": [2, 0, 1], "guidance_scale": 3.0},
        "settings": {"class_label": [2, 0, 1], "guidance_scale": 3},
        **WITH_CLASSES,
    },
    "repainted": {
        "stream": {"image": PICTURE, "mask_image": LEFT, **JUMPS},
        "settings": {"image": NUMBERS, "mask": LEFT.flatten().tolist(), **JUMPS},
    },
    "from a picture": {
        "stream": {"image": PICTURE, "strength": 1.0},
        "settings": {"image": NUMBERS},
    },
    "between two seeds": {
        "generator": lambda: NoiseBetween((3, 4), torch.tensor(WEIGHTS)),
        "settings": {"seed": {"between": [3, 4], "weights": WEIGHTS}},
    },
}
NUMBER, SEED = 3, 2**31
TIMESTEPS = [999, 700, 300, 20, 0]
"""Not from T, where an error in ẑ is 24,000 times as large in x̂_0; here it is 12 times (N6)."""
FARTHEST = 1e-4


def saved(folder, unet, scheduler=None, names=None):
    pipe = DDPMPipeline(unet, DDPMScheduler.from_config(scheduler or {}), names)
    pipe.save_pretrained(folder)
    return pipe


def case(
    folder,
    pipe,
    generator,
    stream=None,
    settings=None,
    number=NUMBER,
    timesteps=TIMESTEPS,
    of_plan=None,
):
    """A run by torch, written down, and what Node needs for the same."""
    kind = prediction_of(pipe.scheduler.config.prediction_type)
    weights = plan(pipe.scheduler, timesteps, **(of_plan or {}))
    numbers = []
    for step in pipe.stream(number, generator, timesteps=timesteps, **(stream or {})):
        rates = map(torch.tensor, weights["rates"][timesteps.index(step.timestep)])
        z_hat = kind.noise(tuple(rates), step.noisy_sample, step.model_output)
        numbers += [step.pred_original_sample, z_hat, step.sample]
    expected = folder / "expected.f32"
    torch.stack(numbers).numpy().tofile(expected)
    return {
        "model": str(folder),
        "settings": {"number": number, "seed": SEED, **(settings or {})},
        "plan": weights,
        "slices": [[0, 1], [1, number]] if number > 1 else [[0, 1]],
        "expected": str(expected),
    }


def by_node(tmp_path, cases):
    if (node := shutil.which("node")) is None:
        pytest.skip("Node.js is not installed")
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    done = subprocess.run([node, SCRIPT, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def seeded(number=SEED):
    return torch.Generator().manual_seed(number)


def assert_close(names, found, **farthest):
    for name, distance in zip(names, found, strict=True):
        assert distance.keys() == {"x_0", "z_hat", "sample"}, (name, distance)
        far = {part: d for part, d in distance.items() if not d < farthest.get(part, FARTHEST)}
        assert not far, (name, far)


def test_every_network_is_read(tmp_path):
    cases = []
    for name, changes in NETWORKS.items():
        pipe = saved(tmp_path / name, tiny_unet(**changes))
        channels = pipe.unet.config.in_channels
        if pipe.unet.config.out_channels != channels:
            pipe.unet.register_forward_hook(lambda _m, _a, out, c=channels: (out[0][:, :c],))
        cases.append(case(tmp_path / name, pipe, seeded()))
    assert_close(NETWORKS, by_node(tmp_path, cases))


def test_every_run_is_pythons(tmp_path):
    cases = []
    for name, asked in RUNS.items():
        unet = tiny_unet(num_class_embeds=asked.get("num_class_embeds"))
        names = dict(enumerate("abc")) if "num_class_embeds" in asked else None
        pipe = saved(tmp_path / name, unet, asked.get("scheduler"), names)
        settings = (asked.get("stream"), asked.get("settings"))
        how = {"timesteps": asked.get("timesteps", TIMESTEPS), "of_plan": asked.get("plan")}
        generator = asked.get("generator", seeded)()
        cases.append(case(tmp_path / name, pipe, generator, *settings, **how))
    # Where x_0 is predicted, an error in it is a hundred times as large in ẑ at t = 1.
    assert_close(RUNS, by_node(tmp_path, cases), z_hat=2e-3)


def test_one_seed_for_each_picture_and_a_start(tmp_path):
    pipe = saved(tmp_path / "model", tiny_unet())
    generators = image_generators(7, range(NUMBER))
    seeds = [generator.initial_seed() % 2**32 for generator in generators]
    start = torch.randn(1, 3, 8, 8, generator=seeded(1))
    timesteps = jump_plan(pipe.scheduler, 700)["timesteps"]
    made = case(
        tmp_path / "model",
        pipe,
        generators,
        {"latents": start.expand(NUMBER, -1, -1, -1)},
        {"seed": seeds, "latents": start.flatten().tolist()},
        timesteps=timesteps,
    )
    assert_close(["jump"], by_node(tmp_path, [made]))


def test_runs_that_differ_in_their_noise_alone(tmp_path):
    scheduler = {"variance_type": "fixed_large"}
    pipe = saved(tmp_path / "model", tiny_unet(), scheduler)
    made = case(tmp_path / "model", pipe, seeded(), {"noise_scale": 2**0.5}, number=1)
    four = {
        "seed": [SEED] * 4,
        "number": 4,
        "variance": ["none", "small", "large", "large"],
        "noise_scale": [1, 1, 1, 2**0.5],
    }
    # The last of the four, by itself.
    alone = np.fromfile(made["expected"], np.float32).reshape(3 * len(TIMESTEPS), 1, -1)
    alone.repeat(4, axis=1).tofile(made["expected"])
    made |= {"settings": four, "slices": [[3, 4]]}
    assert_close(["double"], by_node(tmp_path, [made]))


def test_runs_that_differ_in_their_sampler(tmp_path):
    pipe = saved(tmp_path / "model", tiny_unet())
    made = case(tmp_path / "model", pipe, seeded(), {"eta": 0.0}, number=1, of_plan={"eta": 0.0})
    # The second of two, by itself.
    alone = np.fromfile(made["expected"], np.float32).reshape(3 * len(TIMESTEPS), 1, -1)
    alone.repeat(2, axis=1).tofile(made["expected"])
    made |= {"settings": {"seed": [SEED] * 2, "number": 2}, "slices": [[1, 2]]}
    made["plan"] = [plan(pipe.scheduler, TIMESTEPS), made["plan"]]
    short = made | {"plan": made["plan"][:1]}
    found, refused = by_node(tmp_path, [made, short])
    assert_close(["ddim"], [found])
    assert refused["message"] == "plan has 1 values for 2 pictures; give one for each."


REFUSED = {
    "act_fn": "gelu",
    "attn_norm_num_groups": 4,
    "center_input_sample": True,
    "class_embed_type": "timestep",
    "downsample_padding": 0,
    "downsample_type": "resnet",
    "mid_block_scale_factor": 2,
    "resnet_time_scale_shift": "scale_shift",
    "time_embedding_type": "fourier",
    "upsample_type": "resnet",
    "down_block_types": ["DownBlock2D", "SkipDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "ResnetUpsampleBlock2D"],
    "mid_block_type": None,
    "block_out_channels": [12, 16],
    "norm_num_groups": 3,
    "attention_head_dim": 4,
    "sample_size": 7,
    "in_channels": 2,
    "out_channels": 5,
    "a_key_of_tomorrow": 1,
}
REFUSED_SCHEDULERS = {"prediction_type": "score", "thresholding": True}


def changed(folder, file, **values):
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_what_is_not_known_is_refused_by_name(tmp_path):
    saved(tmp_path / "model", tiny_unet())
    cases = []
    everything = [("unet/config.json", *item) for item in REFUSED.items()]
    everything += [
        ("scheduler/scheduler_config.json", *item) for item in REFUSED_SCHEDULERS.items()
    ]
    for file, key, value in everything:
        folder = tmp_path / key
        shutil.copytree(tmp_path / "model", folder)
        changed(folder, file, **{key: value})
        cases.append({"model": str(folder)} | {"settings": {}, "slices": []})
    found = by_node(tmp_path, cases)
    assert [(error["name"], error["part"]) for error in found] == [
        ("UnknownModelError", key) for _, key, _ in everything
    ]


def test_broken_weights_are_told_of_in_a_sentence(tmp_path):
    saved(tmp_path / "whole", tiny_unet())
    weights = "unet/diffusion_pytorch_model.safetensors"
    content = (tmp_path / "whole" / weights).read_bytes()
    broken = {
        "empty": b"",
        "cut": content[:-100],
        "early": content[:50],
        "html": b"<!doctype html>",
    }
    for name, left in broken.items():
        shutil.copytree(tmp_path / "whole", tmp_path / name)
        (tmp_path / name / weights).write_bytes(left)
    shutil.copytree(tmp_path / "whole", tmp_path / "another")
    changed(tmp_path / "another", "unet/config.json", layers_per_block=2)
    cases = [
        {"model": str(tmp_path / name), "settings": {}, "slices": []}
        for name in [*broken, "another"]
    ]
    found = by_node(tmp_path, cases)
    assert {error["name"] for error in found} == {"FileError"}, found
