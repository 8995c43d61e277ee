"""Runs in the reader's browser: the pictures of `backend="eager"`; only the plan is asked for."""

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.data.images import to_uint8
from ddpm_hf.demo.views.jump.view import FIRST_CHAIN, JUMPS_WITH
from ddpm_hf.demo.web.engine.plan import SAMPLERS, steps_down
from ddpm_hf.demo.web.picture.picture import x_0_of
from ddpm_hf.equations import q_sample
from ddpm_hf.noise import image_generators
from tests.e2e import test_demo_jump as jump
from tests.e2e import test_demo_noise as noise
from tests.e2e.views import DONE, STATUS, by_the_pages_script, canvas, generate, scrub, tiled

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def cats():
    return DDPMPipeline.from_pretrained("cats-32")


def uint8(batch):
    return to_uint8(batch).permute(0, 2, 3, 1).numpy()


def assert_alike(picture, wanted):
    """Within one grey level."""
    assert picture.shape == wanted.shape
    assert np.abs(picture.astype(int) - wanted).max() <= 1


def place(page, screen="player"):
    return page.locator(f"#{screen} [data-part=place] span")


def prepared(page):
    """Wait until the model and its workers are there."""
    page.wait_for_function("performance.getEntriesByName('engine-ready').length")
    page.wait_for_load_state("networkidle")
    return page


def plans_asked(page, before):
    """All that was asked for since; without what comes before the model's name."""
    return [url.partition("models/")[2] for url in page.requests[before:]]


def test_generate_draws_what_the_script_on_the_page_does(visit_trained):
    page = prepared(visit_trained())
    expect(place(page)).to_have_text("Runs in your browser.")
    asked = len(page.requests)
    generate(page, seed=11, steps=12)
    expect(place(page)).to_contain_text("ms a step.")
    assert plans_asked(page, asked) == ["cats-32/plans/12-even.json"]
    assert 'backend="eager"' in page.locator("#script").inner_text()
    assert_alike(canvas(page, "noisy"), tiled(by_the_pages_script(page)))
    assert np.array_equal(canvas(page, "noisy"), canvas(page, "predicted"))


def test_each_frame_and_line_is_the_pipelines(visit_trained, cats):
    page = visit_trained()
    page.locator("#sampler").get_by_label("fast: 12 steps").check()
    expect(page.locator("#spacing").get_by_label("even, from where")).to_be_checked()
    page.locator("#variance").get_by_label("β, the upper bound").check()
    generate(page, seed=5, number=1, noise=0.5)
    config = {"variance_type": "fixed_large", "timestep_spacing": "visible"}
    scheduler = DDPMScheduler.from_config(cats.scheduler.config, **config)
    generator = torch.Generator().manual_seed(5)
    run = cats.with_scheduler(scheduler).stream(
        1, generator, 12, noise_scale=0.5, eta=0.3, solver_order=2
    )
    for step in run:
        scrub(page, step.index)
        expect(page.locator("[data-part=clock]")).to_have_text(f"t = {step.timestep + 1}")
        shown = {
            "noisy": step.noisy_sample,
            "predicted": step.pred_original_sample,
            "noise": step.model_output / 3,
        }
        for name, batch in shown.items():
            # Near noise x̂_0 is ẑ's rounding errors, multiplied by √(1−ᾱ_t)/√ᾱ_t.
            if name != "predicted" or cats.scheduler.schedule.snr(step.timestep + 1) > 1e-4:
                assert_alike(canvas(page, name), uint8(batch)[0])


def test_a_class_with_guidance(visit_trained):
    page = visit_trained("?model=fashion-28&class=7&guidance=3")
    generate(page, seed=2, number=2, steps=10)
    assert "Runs in your browser" in place(page).inner_text()
    assert_alike(canvas(page, "noisy"), np.hstack(by_the_pages_script(page)))


def test_one_jump_and_the_chains_are_the_pipelines(visit_trained):
    cats = DDPMPipeline.from_pretrained(JUMPS_WITH)
    page = jump.opened(visit_trained)
    asked = len(prepared(page).requests)
    jump.run(page, t=700, chains=2, seed=3)
    assert f"{JUMPS_WITH}/plans/from-700.json" in plans_asked(page, asked)
    x_0 = x_0_of(None, 32)
    z = torch.randn(x_0.shape, generator=torch.Generator().manual_seed(3))
    x_t = q_sample(cats.scheduler.schedule, x_0, z, 700)
    generators = image_generators(3, range(FIRST_CHAIN, FIRST_CHAIN + 2))
    latents = x_t.expand(2, -1, -1, -1)
    steps = list(cats.stream(2, generators, timesteps=steps_down(700), latents=latents))
    assert_alike(jump.picture(page, "x0"), uint8(x_0)[0])
    assert_alike(jump.picture(page, "xt"), uint8(x_t)[0])
    assert_alike(jump.picture(page, "jump"), uint8(steps[0].pred_original_sample)[0])
    assert_alike(jump.picture(page, "mean"), uint8(steps[-1].sample.mean(0, keepdim=True))[0])
    for n in range(2):
        assert_alike(jump.picture(page, "chain", n), uint8(steps[-1].sample)[n])
    jump_error, jump_sharpness = jump.numbers(page, "jump")
    chains = [jump.numbers(page, "chain", n) for n in range(2)]
    print(jump_error, jump_sharpness, chains)

    page.locator("#jump-fast input").check()
    jump.run(page)
    fast = {"timesteps": steps_down(700, "fast"), "latents": latents, **SAMPLERS["fast"]}
    generators = image_generators(3, range(FIRST_CHAIN, FIRST_CHAIN + 2))
    *_, last = cats.stream(2, generators, **fast)
    for n in range(2):
        assert_alike(jump.picture(page, "chain", n), uint8(last.sample)[n])


def test_fresh_noise_is_the_pipelines(visit_trained, cats):
    page = noise.opened(visit_trained)
    noise.run(page, seed=2, steps=12)
    expect(place(page, "noise-row")).to_contain_text("Runs in your browser.")
    for name, variance, seed, how in (
        ("none", "small", 2, {"noise_scale": 0.0}),
        ("ddim_other", "small", 5, {"eta": 0.0}),
        ("double", "large", 2, {"noise_scale": 2**0.5}),
    ):
        scheduler = DDPMScheduler.from_config(
            cats.scheduler.config, variance_type=f"fixed_{variance}"
        )
        generator = torch.Generator().manual_seed(seed)
        images = cats.with_scheduler(scheduler)(1, generator, 12, **how).images
        assert_alike(noise.picture(page, name), np.asarray(images[0]))


def test_stop_ends_a_run_within_a_step(visit_trained):
    page = prepared(visit_trained())
    generate(page, wait=False, number=4, steps=2000)  # by all workers that are ready
    page.wait_for_selector("[data-frames]")
    asked = len(page.requests)
    page.click("#stop")
    expect(page.locator(STATUS)).to_have_text("Stopped. What there is can be played.")
    before = page.locator("[data-frames]").get_attribute("data-frames")
    generate(page, number=4, steps=10)
    assert int(before) < 119
    assert plans_asked(page, asked) == ["cats-32/plans/10-even.json"], "other workers were started"
    assert_alike(canvas(page, "noisy"), tiled(by_the_pages_script(page)))


def test_a_page_that_sleeps_goes_on_when_it_wakes(visit_trained):
    page = prepared(visit_trained())
    generate(page, wait=False, number=1, steps=60)
    page.wait_for_selector("[data-frames]")
    life = page.context.new_cdp_session(page)
    for state in ("frozen", "active"):
        life.send("Page.setWebLifecycleState", {"state": state})
        page.wait_for_timeout(200)
    page.wait_for_selector(DONE)
    expect(page.locator(STATUS)).to_contain_text("Done")
    assert_alike(canvas(page, "noisy"), by_the_pages_script(page)[0])


def test_the_language_can_be_changed_during_a_run(visit_trained):
    page = prepared(visit_trained())
    generate(page, wait=False, number=1, steps=2000)
    page.wait_for_selector("[data-frames]")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("#generate")).to_have_text("生成")
    expect(page.locator(STATUS)).to_contain_text("采样中")  # the link in the address runs anew
    page.click("#stop")
    expect(page.locator(STATUS)).to_contain_text("已停止")
