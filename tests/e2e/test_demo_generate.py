"""The Generate view: what a person sees, sets and plays."""

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from ddpm_hf import equations
from ddpm_hf.data.images import to_uint8
from tests.e2e.views import (
    DONE,
    PHONE,
    STATUS,
    TABS,
    by_the_pages_script,
    canvas,
    generate,
    scrub,
    tiled,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_each_choice_gives_the_pictures_of_the_script_on_the_page(visit, tiny):
    page = visit()
    drawn = []
    for sampler, spacing, variance, noise, line in (
        ("DDPM", "even", "β̃, the lower", 1, None),
        ("DDPM", "smaller near the picture", "β̃, the lower", 1, 'timestep_spacing="quadratic"'),
        ("DDPM", "even", "β, the upper bound", 1, 'variance_type="fixed_large"'),
        ("DDPM", "even", "none, σ = 0", 1, "noise_scale=0,"),
        ("DDPM", "even", "β, the upper bound", 0.5, "noise_scale=0.5,"),
        ("DDIM", "even", "β̃, the lower", 1, "eta=0.0,"),
        ("fast", "even, from where", "β̃, the lower", 1, "solver_order=2,"),
    ):
        page.locator("#sampler").get_by_label(sampler).check()
        page.locator("#spacing").get_by_label(spacing).first.check()
        page.locator("#variance").get_by_label(variance).check()
        generate(page, seed=11, steps=20, noise=noise)
        if line:
            expect(page.locator("#script")).to_contain_text(line)
        drawn.append(canvas(page, "noisy"))
        assert np.array_equal(drawn[-1], tiled(by_the_pages_script(page, tiny.pipeline))), line
    assert len({pictures.tobytes() for pictures in drawn}) == 7, "all draw the same"


def test_three_screens_and_the_schedule_move_in_step(visit, tiny):
    page = visit()
    generate(page, seed=5, number=1, steps=40)
    steps = list(tiny.pipeline.stream(1, torch.Generator().manual_seed(5), 40))
    schedule = tiny.pipeline.scheduler.schedule
    caption = page.locator("#player [data-part=noise_caption]")
    expect(caption).to_have_text("x_T − x₀, all that was removed")
    expect(page.locator("#player [data-part=noisy_caption]")).to_have_text("x₀, the picture")
    stage = page.locator("#player [data-part=stage]")
    expect(stage).to_have_text("cats-32, seed 5, 40 steps, sampled on the server")
    for position in (0, 25, 39):
        scrub(page, position)
        expect(caption).to_have_text("ẑ, the noise predicted in it")
        step, t = steps[position], steps[position].timestep + 1
        s = steps[position + 1].timestep + 1 if position < 39 else 0
        shown = {
            "noisy": step.noisy_sample,
            "predicted": step.pred_original_sample,
            "noise": step.model_output / 3,
        }
        for name, batch in shown.items():
            wanted = to_uint8(batch)[0].permute(1, 2, 0).numpy()
            assert np.array_equal(canvas(page, name), wanted), (position, name)
        weight_xt, weight_x0 = equations.posterior_weights(schedule, s, t)
        sigma = equations.posterior_var(schedule, s, t).sqrt()
        wanted = {
            "root_alpha_bar": schedule.alpha_bar(t).sqrt(),
            "sigma": sigma,
            "weight_xt": weight_xt,
            "weight_x0": weight_x0,
        }
        for name, value in wanted.items():
            assert page.locator(f"[data-value={name}]").inner_text() == f"{abs(float(value)):.3f}"
        cursor = float(page.locator("[data-part=cursor]").get_attribute("x1"))
        assert abs(cursor - 1000 * position / 40) < 0.01
    scrub(page, 40)
    removed = to_uint8((steps[0].noisy_sample - steps[-1].sample) / 3)[0].permute(1, 2, 0).numpy()
    assert np.array_equal(canvas(page, "noise"), removed)


def test_the_keyboard_is_enough(visit):
    page = visit()
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == "generate":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(DONE)
    page.evaluate("document.activeElement.blur()")
    position = page.locator("[data-part=timeline]")
    for key, wanted in [
        ("Home", "0"),
        ("ArrowRight", "1"),
        ("ArrowRight", "2"),
        ("ArrowLeft", "1"),
        ("End", "100"),
        ("ArrowRight", "100"),
    ]:
        page.keyboard.press(key)
        assert position.input_value() == wanted, key
    page.keyboard.press("Home")
    noise = canvas(page, "noisy")
    page.keyboard.press("Space")
    expect(page.locator("[data-part=play]")).to_contain_text("Pause")
    page.wait_for_function("document.querySelector('[data-part=timeline]').value > 5")
    page.keyboard.press("Space")
    expect(page.locator("[data-part=play]")).to_contain_text("Play")
    assert not np.array_equal(canvas(page, "noisy"), noise)
    page.locator("[data-part=picture]").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-part=picture]")).to_have_value("0")
    assert canvas(page, "noisy").shape == (8, 8, 3)
    page.keyboard.press("Escape")
    assert canvas(page, "noisy").shape == (16, 16, 3)


def test_fewer_pictures_leave_none_of_the_run_before(visit):
    page = visit()
    generate(page, steps=10, number=4)
    assert len(np.unique(canvas(page, "predicted")[8:, 8:])) > 1
    generate(page, steps=10, number=3)
    assert len(np.unique(canvas(page, "predicted")[8:, 8:])) == 1


def test_nothing_moves_at_the_last_frame(visit):
    page = visit(viewport={"width": 1280, "height": 844})
    generate(page, steps=20)
    film = page.locator("#player [data-part=filmstrip]")
    at_the_end = film.bounding_box()
    scrub(page, 19)
    expect(page.locator("#player [data-value=sigma]")).not_to_be_empty()
    assert film.bounding_box() == at_the_end


@pytest.mark.parametrize(
    "locale",
    ["zh-HK", *(pytest.param(f"zh-{place}", marks=pytest.mark.soak) for place in ("SG", "CN"))],
)
def test_any_chinese_browser_gets_a_page_in_chinese(visit, locale):
    page = visit(locale=locale)
    expect(page.locator("#generate")).to_have_text("生成")
    expect(page.locator(STATUS)).to_contain_text("生成")


def test_a_picture_alone_the_filmstrip_and_the_loop(visit):
    page = visit()
    generate(page, steps=20)
    whole = canvas(page, "noisy")
    screen = page.locator("canvas[data-part=predicted]")
    box = screen.bounding_box()
    screen.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.25})
    for name in ("noisy", "predicted", "noise"):
        assert canvas(page, name).shape == (8, 8, 3)
    assert np.array_equal(canvas(page, "noisy"), whole[:8, 8:])
    page.locator("canvas[data-part=noise]").click()
    assert np.array_equal(canvas(page, "noisy"), whole)

    film = page.locator("[data-part=filmstrip] button")
    assert film.count() == 9
    film.nth(0).click()
    expect(page.locator("[data-part=clock]")).to_have_text("t = 1901")
    expect(film.nth(0)).to_have_attribute("aria-pressed", "true")
    assert not np.array_equal(canvas(page, "noisy"), whole)

    page.locator("[data-part=loop]").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-part=loop]")).to_be_checked()
    expect(page.locator("[data-part=loop]")).to_be_focused()
    page.select_option("[data-part=speed]", "4")
    page.click("[data-part=play]")
    page.evaluate(
        """() => new Promise((resolve) => {
          const bar = document.querySelector('[data-part=timeline]');
          let last = 0, returns = 0;
          const look = () => {
            if (Number(bar.value) < last) returns++;
            last = Number(bar.value);
            returns >= 2 ? resolve() : requestAnimationFrame(look);
          };
          look();
        })"""
    )
    expect(page.locator("[data-part=play]")).to_contain_text("Pause")


def test_the_examples_say_what_their_numbers_are(visit):
    page = visit()
    expect(page.get_by_text("Examples: pictures × steps")).to_be_visible()
    page.get_by_text("9 × 50", exact=True).click()
    for name, value in (("number", "9"), ("steps", "50")):
        expect(page.locator(f"#{name} input[type=number]")).to_have_value(value)


def test_each_width_shows_the_player_its_labels_even_pixels_and_all_tabs(visit):
    page = visit()
    generate(page, steps=50, number=1)
    labels = page.locator("[data-part=filmstrip] span")
    assert labels.first.text_content() == "t=1961"
    for width in (390, 700, 767, 768, 844, 1000, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        cut = "labels => labels.filter((label) => label.scrollWidth > label.clientWidth).length"
        assert labels.evaluate_all(cut) == 0, width
        uneven = "canvases => canvases.filter((c) => (c.clientWidth * devicePixelRatio) % c.width)"
        screens = page.locator("#player .screens canvas")
        expect(screens.first).to_be_visible()
        assert not screens.evaluate_all(f"{uneven}.length"), width
        places = [page.locator(part).bounding_box()["y"] for part in ("#player", "#number")]
        assert places[0] < places[1], f"at {width} px the player is above the controls"
    page.set_viewport_size(PHONE)
    tabs = page.locator("#views [role=tablist] [role=tab]")
    expect(tabs).to_have_count(len(TABS))
    assert all(tab.is_visible() for tab in tabs.all()), 'none is behind "…"'
    assert "·" not in page.locator("footer").inner_text()
