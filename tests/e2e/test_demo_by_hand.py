"""The overview's lanes; Algorithms 1 and 2 by hand in the browser; a network that learns there."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from ddpm_hf import DDPMPipeline
from ddpm_hf.data.images import to_uint8
from ddpm_hf.demo.web.picture.picture import cats, fitted
from ddpm_hf.equations import q_sample
from tests.e2e.views import TABS, pixels, slide

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def uint8(batch):
    return to_uint8(batch)[0].permute(1, 2, 0).numpy().astype(int)


def test_the_overview_leads_to_training_and_both_algorithms_go_by_hand(visit_trained):
    page = visit_trained()
    overview = page.locator("#overview")
    expect(overview.locator("figure.seen")).to_have_count(7)
    overview.get_by_role("button", name="Inference").click()
    expect(overview.locator(".alive button")).to_have_text("⟵ Inference")
    links = overview.locator("a").evaluate_all("links => links.map((link) => link.search)")
    assert len(links) == 9 and set(links) <= {f"?tab={tab}" for tab in TABS}
    held = []
    page.route("**/weights.json", lambda route: held.append(route))
    with page.expect_request("**/weights.json"):
        overview.get_by_role("link", name="learn to see the noise").click()
    assert re.search("[?&]tab=training", page.url)
    loading = page.locator("#by_hand [data-part=loading]")
    expect(loading).to_be_visible()
    held[0].continue_()
    expect(loading).to_be_hidden()
    by_hand(page)


def by_hand(page):
    model = DDPMPipeline.from_pretrained("cats-32")
    root = page.locator("#by_hand")
    train = root.locator("[data-part=train]")

    def shown(section, figure):
        return pixels(root.locator(f"[data-part={section}] [data-figure={figure}] canvas"))

    root.get_by_role("button", name="Cat 2").click()
    slide(root.locator("[data-part=trainT]"), 200)
    x_0, epsilon = fitted(cats()[1], 32), torch.randn(1, 3, 32, 32, generator=seeded(0))
    x_t = q_sample(model.scheduler.schedule, x_0, epsilon, 200)
    with torch.no_grad():
        z_hat = model.unet(x_t.float(), 199).sample
    loss = float((epsilon - z_hat).square().mean())
    expect(root.locator("[data-part=loss]")).to_contain_text(f"is {loss:.3g}; ℓ1")
    assert np.abs(shown("train", "xt") - uint8(x_t)).max() <= 1
    for line in ("x0", "t", "epsilon", "loss"):
        root.locator("[data-part=trainNext]").click()
        expect(train.locator("[aria-current=step]")).to_have_attribute("data-line", line)

    root.locator("[data-part=sampleK]").select_option("10")
    steps = list(model.stream(1, seeded(0), 10))
    sample = root.locator("[data-part=sample]")
    for line in ("z", "zHat", "x0", "mu", "next"):
        root.locator("[data-part=sampleNext]").click()
        expect(sample).to_have_attribute("data-line", line)
    assert np.abs(shown("sample", "zHat") - uint8(steps[0].model_output / 3)).max() <= 1
    assert np.abs(shown("sample", "next") - uint8(steps[0].sample)).max() <= 1
    root.locator("[data-part=sampleAll]").click()
    expect(sample).to_have_attribute("data-line", "end")
    assert np.abs(shown("sample", "xt") - uint8(steps[-1].sample)).max() <= 1
    assert not shown("sample", "z").std(), "no noise at the last step"


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def test_points_that_one_draws_are_learned_in_the_page(visit):
    page = visit("?tab=training")
    tiny = page.locator("#tiny")
    tiny.locator("canvas[data-part=points]").scroll_into_view_if_needed()
    box = tiny.locator("canvas[data-part=points]").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 60, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 60, middle, steps=30)
    page.mouse.up()
    expect(tiny.locator("[data-part=shape]")).to_have_value("own")
    before = pixels(tiny.locator("canvas[data-part=diffusion]"))
    tiny.get_by_role("button", name="Train").click()
    expect(tiny.locator("[data-part=diffusionLoss] path.diffusion")).to_have_attribute(
        "d", re.compile("L")
    )
    tiny.get_by_role("button", name="Pause").click()
    assert not np.array_equal(pixels(tiny.locator("canvas[data-part=diffusion]")), before)
    for name in ("generator", "discriminator"):
        expect(tiny.locator(f"[data-part=ganTold] .{name}")).to_have_text(re.compile(r"\d\.\d\d"))
