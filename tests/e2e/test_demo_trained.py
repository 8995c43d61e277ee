"""What the page says of the trained models is so, on the server that app.py starts."""

import re

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import expect

from ddpm_hf import DDPMPipeline
from ddpm_hf.demo.views.jump.view import CHAINS
from tests.e2e import test_demo_jump as jump
from tests.e2e import test_demo_noise as noise
from tests.e2e.service import call

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def cats():
    return DDPMPipeline.from_pretrained("cats-32")


def test_the_plain_endpoint_returns_the_pictures_of_a_script(server, cats):
    (result,) = call(
        server, "generate", 7, 2, 10, "small", 1, "cats-32", "each", 1, "even", "ddpm"
    )["data"]
    assert result["seed"] == 7
    images = cats(2, torch.Generator().manual_seed(7), 10, backend="auto").images
    for file, image in zip(result["images"], images, strict=True):
        assert np.array_equal(np.array(Image.open(file["path"])), np.array(image))


def test_the_plain_endpoint_takes_a_class_by_its_name(server):
    def answer(label):
        settings = [3, 1, 10, "small", 1, "fashion-28", label, 1, "even", "ddpm"]
        return call(server, "generate", *settings)

    def drawn(label):
        return Image.open(answer(label)["data"][0]["images"][0]["path"]).tobytes()

    assert drawn("Sneaker") == drawn("7") != drawn("1")
    assert "its classes are 0..9: T - shirt / top, Trouser, Pullover" in answer("shoe")["error"]


def test_the_jump_is_blurry_and_the_mean_of_the_crisp_chains(visit_trained):
    page = jump.opened(visit_trained)
    jump.run(page)
    jump_error, jump_sharpness = jump.numbers(page, "jump")
    chains = [jump.numbers(page, "chain", n) for n in range(CHAINS)]
    assert all(jump_sharpness < sharpness for _, sharpness in chains)
    assert jump_error < np.mean([error for error, _ in chains])
    told = page.locator("#jump-row [data-part=verdict]").inner_text()
    assert "smaller error" in told
    assert "blurrier than they are" in told
    one, all_four = map(float, re.findall(r"n = \d+: (\d+\.?\d*)", told))
    assert all_four < 0.75 * one


def test_a_jump_as_sharp_as_the_chains_is_not_called_blurry(visit_trained):
    page = jump.opened(visit_trained)
    jump.run(page, t=100, chains=2)
    expect(page.locator("#jump-row [data-part=verdict]")).to_contain_text("as sharp as the steps")


def test_from_pure_noise_no_chain_knows_the_way_back(visit_trained):
    """The cats on offer were sampled with seed 0 too."""
    page = jump.opened(visit_trained)
    jump.run(page, t=2000, chains=2)
    assert all(jump.numbers(page, "chain", n)[0] > 20 for n in range(2))


def test_without_noise_every_seed_leads_to_the_same_cat_and_with_too_much_to_grain(visit_trained):
    page = noise.opened(visit_trained)
    ends = []
    for seed in (1, 2):
        noise.run(page, seed=seed, steps=15)
        names = ("none", "small", "large", "double")
        grain = [float(noise.captions(page, name).last.inner_text().split()[1]) for name in names]
        assert grain == sorted(grain)
        assert grain[3] > 1.4 * grain[2], "2β should leave grain"
        ends.append({name: noise.picture(page, name).astype(int) for name in names[:2]})
    apart = {name: np.abs(ends[0][name] - ends[1][name]).mean() for name in ends[0]}
    assert apart["none"] < 5 < 20 < apart["small"], apart
