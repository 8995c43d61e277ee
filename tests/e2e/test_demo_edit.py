"""The Edit view: by keyboard and by pointer; in the browser, the pipeline's pictures."""

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from ddpm_hf import DDPMPipeline
from ddpm_hf.data.images import to_uint8
from ddpm_hf.demo.views.jump.view import FIRST_CHAIN, JUMPS_WITH
from ddpm_hf.demo.web.engine.plan import SAMPLERS, steps_down
from ddpm_hf.demo.web.picture.picture import x_0_of
from ddpm_hf.noise import image_generators
from tests.e2e.views import open_tab, pixels, slide

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def part(page, name):
    return page.locator(f"#edit-form [data-part={name}]")


def orange(page):
    """Which pixels are to be drawn anew, as the mask shows them."""
    shown = pixels(part(page, "mask")).astype(int)
    return (shown[..., 0] - shown[..., 2]) > 100


def test_a_part_is_repainted_in_the_browser_as_by_the_pipeline(visit_trained):
    page = visit_trained()
    open_tab(page, "Edit")
    expect(part(page, "mask")).to_be_hidden()
    page.locator("#edit-form input[value=start]").press("ArrowDown")
    expect(page.locator("#edit-form input[value=repaint]")).to_be_checked()
    expect(page.locator("#edit-other")).to_be_hidden()
    page.get_by_role("button", name="Nothing").press("Enter")
    assert not orange(page).any()
    box = part(page, "mask").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 5, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, y)
    page.mouse.up()
    drawn = orange(page)
    assert drawn[16].all() and not drawn[[0, 31]].any(), "a stroke has no gaps"
    slide(part(page, "t"), 400)
    slide(part(page, "times"), 2)
    part(page, "fast").press("Space")
    told = page.locator("#edit-row [data-part=verdict]")
    told.evaluate("(verdict) => { verdict.textContent = ''; }")  # of the recorded run
    page.click("#edit-start")
    expect(told).not_to_be_empty()
    shown = [pixels(canvas) for canvas in page.locator("#edit-row canvas").all()]

    x_0 = x_0_of(None, 32)
    *_, last = DDPMPipeline.from_pretrained(JUMPS_WITH).stream(
        4,
        image_generators(0, range(FIRST_CHAIN, FIRST_CHAIN + 4)),
        timesteps=steps_down(400, "fast"),
        image=(x_0 + 1) / 2,
        mask_image=torch.from_numpy(drawn).float()[None, None],
        strength=1,
        jump_length=2,
        jump_n_sample=2,
        **SAMPLERS["fast"],
    )
    expected = to_uint8(torch.cat([x_0, last.sample])).permute(0, 2, 3, 1).numpy()
    assert np.abs(np.stack(shown).astype(int) - expected).max() <= 1
    assert all(np.array_equal(picture[~drawn], shown[0][~drawn]) for picture in shown)
