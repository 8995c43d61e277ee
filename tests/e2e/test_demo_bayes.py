"""The Bayes view: reached from its statements, moved by hand and by keyboard, told line by line."""

import pytest
import torch
from playwright.sync_api import expect

from ddpm_hf import equations
from ddpm_hf.demo.texts import EN
from ddpm_hf.demo.views.bayes.derivation.lines import FORMULAS
from ddpm_hf.schedules import NoiseSchedule, linear_betas
from tests.e2e.views import slide

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PLOT = "#bayes-page [data-part=densities]"
MISREADINGS = [1, 0, 0, 2, 1, 1, 3, 1, 0, 2, 1]
"""How many there are in each line."""


def part(page, name):
    return page.locator(f"#bayes-page [data-part={name}]")


def minus(number):
    return f"{number:.3g}".replace("-", "−")


@pytest.fixture
def page(visit):
    page = visit("?tab=equations")
    page.locator("#equations_notes a[href='#view-bayes']").first.click()
    page.wait_for_selector(f"{PLOT} path.posterior")
    return page


def test_the_page_tells_pythons_numbers_wherever_it_is_dragged(page):
    box = page.locator(f"{PLOT} circle.likelihood").bounding_box()
    y, x = box["y"] + box["height"] / 2, box["x"] + box["width"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 150, y, steps=5)
    page.mouse.up()
    x_t = float(part(page, "xt").input_value())
    assert x_t < 0.8, "it was 1.2"
    slide(part(page, "x0"), x_t)
    above, below = (
        page.locator(f"{PLOT} circle.{name}").bounding_box() for name in ("prior", "likelihood")
    )
    assert above["y"] + above["height"] <= below["y"], "where they are equal each can be taken"
    slide(part(page, "x0"), 0.8)
    for _ in range(3):
        part(page, "x0").press("ArrowLeft")
    slide(part(page, "t"), 300)
    expect(part(page, "sValue")).to_have_text("s = 299")
    expect(part(page, "sure")).to_contain_text("Neighbouring steps")
    schedule = NoiseSchedule.from_betas(linear_betas(2000))
    x_0 = torch.tensor(0.77, dtype=torch.float64)
    A, B = equations.bayes_quadratic(schedule, torch.tensor(x_t).double(), x_0, 299, 300)
    expect(part(page, "shares")).to_contain_text(f"= {float(A):.3g}, σ = 1/√A")
    mean = float(-B / (2 * A))
    expect(part(page, "balance")).to_contain_text(
        f"B = {minus(float(B))}; μ = −B/2A = {minus(mean)}"
    )
    page.get_by_role("button", name="s = 400, t = 500").click()
    part(page, "sampled").check()
    expect(part(page, "test")).to_contain_text("17 degrees of freedom")
    expect(page.locator(f"{PLOT} path.bars")).to_have_count(1)


def test_one_press_a_line_and_a_switch_for_each_misreading(page):
    lines = page.locator("#bayes_derivation ol > li")
    switches = page.locator("#bayes-lines input[role=switch]")
    verdict = page.locator("#bayes-lines [data-part=verdict]")
    lever = part(page, "lever")
    assert lines.count() == len(FORMULAS) == len(MISREADINGS)
    for n, misreadings in enumerate(MISREADINGS, start=1):
        expect(page.locator("#bayes-lines [data-part=line]")).to_have_text(f"line {n} of 11")
        assert lines.locator("visible=true").count() == n
        expect(switches).to_have_count(misreadings)
        for switch in switches.all():
            switch.check()
            expect(verdict).to_be_visible()
            said = page.locator("#bayes-lines").inner_text()
            assert "undefined" not in said and "NaN" not in said
        assert switches.and_(page.locator(":checked")).count() == min(1, misreadings)
        if n == 7:
            expect(page.locator(f"{PLOT} path.wrong")).to_have_count(1)
            expect(lever).not_to_have_attribute("data-tilt", "0.0")
        page.locator("#bayes-lines [data-part=next]").press("Enter")
        expect(verdict).to_be_hidden()
        expect(lever).to_have_attribute("data-tilt", "0.0")
    assert EN["bayes_derivation"].count("$$") == 2 * sum(map(len, FORMULAS))
