"""The page's engine by Node, beside torch and NumPy; its kernels beside their source."""

import json
import shutil
import subprocess
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.demo.web.engine import build
from ddpm_hf.demo.web.model_files import plan_named
from ddpm_hf.noise import image_generators

ENGINE = build.HERE
SEEDS = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 12345]
SHAPES = [(1, 3, 32, 32), (4, 1, 28, 28), (1, 1, 5, 5), (3, 1, 2, 2)]
"""The last two: not whole blocks of 16 numbers, and fewer than one."""
DRAWS = 250


def node(script, *args):
    """What a module prints, as JSON."""
    if (found := shutil.which("node")) is None:
        pytest.skip("Node.js is not installed")
    command = [found, "--input-type=module", "--eval", script, *map(str, args)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ENGINE).stdout)


FARTHEST = """
import { readFileSync } from "node:fs";
import { TorchNormal } from "./noise.js";
const [folder, seeds, sizes, draws] = process.argv.slice(1).map((a, i) => i ? JSON.parse(a) : a);
let farthest = 0;
for (const seed of seeds) for (const size of sizes) {
  const { buffer } = new Uint8Array(readFileSync(`${folder}/${seed}-${size}.f32`));
  const torch = new Float32Array(buffer), stream = new TorchNormal(seed);
  for (let i = 0; i < draws; i++)
    stream.draw(size).forEach((z, j) => {
      farthest = Math.max(farthest, Math.abs(z - torch[i * size + j]));
    });
}
console.log(farthest);
"""


def test_noise_is_torchs(tmp_path):
    sizes = [int(np.prod(shape)) for shape in SHAPES]
    for seed in SEEDS:
        for shape, size in zip(SHAPES, sizes, strict=True):
            generator = torch.Generator().manual_seed(seed)
            drawn = [torch.randn(shape, generator=generator).numpy() for _ in range(DRAWS)]
            np.stack(drawn).tofile(tmp_path / f"{seed}-{size}.f32")
    farthest = node(FARTHEST, tmp_path, json.dumps(SEEDS), json.dumps(sizes), DRAWS)
    print(f"farthest from torch: {farthest:.1e}")
    assert 0 < farthest <= 4e-6


def test_each_pictures_seed_is_that_of_its_generator():
    pairs = [(seed, index) for seed in SEEDS for index in (0, 1, 2**32, 2**32 + 3)]
    script = """
    import { imageSeed } from "./seeds.js";
    console.log(JSON.stringify(JSON.parse(process.argv[1]).map((pair) => imageSeed(...pair))));
    """
    expected = [image_generators(seed, [index])[0].initial_seed() % 2**32 for seed, index in pairs]
    assert node(script, json.dumps(pairs)) == expected


def test_the_kernels_are_what_their_source_builds_to():
    assert build.BUILT.read_bytes().endswith(build.section()), "run build.py: see its docstring"
    if find_spec("ziglang"):
        assert build.BUILT.read_bytes() == build.build()


@pytest.mark.parametrize(
    "name",
    ["0-even", "2001-even", "50-uneven", "from-0", "from-2001", "50", "9-even-eta2", "50-fast"],
)
def test_a_plan_that_there_is_not_is_refused(name):
    with pytest.raises(ValueError, match=r"^[^\n]+\.$"):
        plan_named("cats-32", name)


def test_the_way_back_is_the_shorter_by_the_fast_sampler():
    slow, fast = (plan_named("cats-32", name) for name in ("from-700", "from-700-fast"))
    assert (len(slow["timesteps"]), len(fast["timesteps"])) == (50, 12)
    assert {made["timesteps"][0] for made in (slow, fast)} == {699}
    assert [len(mean) for mean in fast["mean"]] == [3] * 12
    assert len(plan_named("cats-32", "from-10-fast")["timesteps"]) == 10


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("10-quadratic", {}),
        ("10-quadratic-eta0.5", {"eta": 0.5}),
        ("10-quadratic-order2", {"solver_order": 2}),
        ("10-quadratic-eta0-order2", {"eta": 0.0, "solver_order": 2}),
    ],
)
def test_a_plan_has_the_weights_that_the_scheduler_steps_by(name, how):
    scheduler = DDPMPipeline.from_pretrained("cats-32").scheduler
    made = plan_named("cats-32", name)
    spaced = DDPMScheduler.from_config(scheduler.config, timestep_spacing="quadratic")
    spaced.set_timesteps(10)
    assert made["timesteps"] == spaced.timesteps.tolist()
    x, output, z = (
        torch.randn(1, 1, 4, 4, generator=torch.Generator().manual_seed(i)) for i in (1, 2, 3)
    )
    before = torch.zeros(())
    for i, timestep in enumerate(made["timesteps"]):
        signal, noise = made["rates"][i]
        x_0 = ((x - noise * output) / signal).clamp(-1, 1)
        a, b, *c = made["mean"][i]
        x_s = a * x + b * x_0 + sum(c) * before + made["std"]["small"][i] * z
        step = spaced.step(output, timestep, x, torch.Generator().manual_seed(3), **how)
        before = x_0
        torch.testing.assert_close(x_s, step.prev_sample)
