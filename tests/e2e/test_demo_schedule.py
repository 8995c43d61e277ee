"""The Schedule view: the values on hover are the tables', for every schedule."""

import base64

import gradio as gr
import numpy as np
import pytest
from playwright.sync_api import expect

from ddpm_hf.demo.views.schedule.inputs import NOTES, name_of, noise_schedule, values_in
from ddpm_hf.demo.views.schedule.numbers import POINTS, numbers, shown_steps
from ddpm_hf.equations import posterior_var, posterior_weights
from ddpm_hf.schedules import SCHEDULES, NoiseSchedule
from tests.e2e.views import answered, choose, fill, open_tab, slide

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def part(page, name):
    return page.locator(f"#schedule-page [data-part={name}]")


def opened(visit, **settings):
    page = visit(**settings)
    open_tab(page, "Schedule")
    return page


@pytest.fixture(scope="module")
def page(visit_shared):
    """One page for all tests that leave the schedules as they are."""
    return opened(visit_shared)


def told(page, quantity, name="A"):
    """The value that the page tells at the cursor."""
    words = page.locator(f"[data-quantity={quantity}] .key.{name}").inner_text().split()[1]

    mantissa, _, exponent = words.translate(RAISED).partition("·10")
    return float(mantissa) * 10.0 ** int(exponent or 0)


def step(page, name="A"):
    """The step t that schedule `name` is told at."""
    words = part(page, "legend").locator(f".key.{name}").inner_text()
    return int(words.split("t = ")[1].split()[0])


def move(page, t, T):
    """Move the slider, which runs over the drawn steps of the longest schedule, to the one at t."""
    slide(part(page, "t"), int((shown_steps(T) - t).abs().argmin()))


def paths(page, name):
    found = page.locator(f"#schedule-page .{name}")
    return found.evaluate_all("paths => paths.map((path) => path.getAttribute('d'))")


def tables(schedule, t):
    weight_xt, weight_x0 = posterior_weights(schedule, t - 1, t)
    return {
        "beta": schedule.beta(t - 1, t),
        "alphaBar": schedule.alpha_bar(t),
        "snr": schedule.snr(t),
        "ratio": posterior_var(schedule, t - 1, t) / schedule.beta(t - 1, t),
        "weightXt": weight_xt,
        "weightX0": weight_x0,
    }


def agrees(page, name, schedule):
    for quantity, value in tables(schedule, step(page, name)).items():
        assert told(page, quantity, name) == pytest.approx(float(value), rel=6e-3, abs=1e-30)


def test_values_on_hover_are_the_tables(page):
    asked = len(page.requests)
    notes = NoiseSchedule.from_betas(SCHEDULES["linear"](2000, 1e-4, 2e-2))
    cosine = NoiseSchedule.from_betas(SCHEDULES["squaredcos_cap_v2"](1000, 1e-4, 2e-2))
    seen = set()
    for across in (0.2, 0.5, 0.9):
        plot = page.locator("[data-quantity=snr] svg")
        box = plot.bounding_box()
        plot.hover(position={"x": across * box["width"], "y": box["height"] / 2})
        agrees(page, "A", notes)
        agrees(page, "B", cosine)
        seen.add(step(page))
        cursors = paths(page, "cursor")
        assert len(cursors) == 6 and len(set(cursors)) == 1, "one cursor in all plots"
    assert len(seen) == 3 and not answered(page, asked)


def test_a_tap_moves_the_cursor(visit):
    page = opened(visit, has_touch=True)
    plot = page.locator("[data-quantity=snr] svg")
    box = plot.bounding_box()
    seen = [step(page)]
    for across in (0.5, 0.9):
        plot.tap(position={"x": across * box["width"], "y": box["height"] / 2})
        seen.append(step(page))
    assert len(set(seen)) == 3 and seen[1] < seen[2]


def test_where_x_t_weighs_most_is_marked(page):
    plot = page.locator("[data-quantity=weightXt]")
    expect(plot).to_contain_text("(▴ highest: 0.996 at t = 651)")
    expect(plot.locator(".peak")).to_have_count(2)


def test_values_below_a_logarithmic_axis_are_told_but_not_drawn(page):
    dot = page.locator("[data-quantity=snr] circle.B")
    move(page, 500, T=2000)
    expect(dot).to_have_attribute("visibility", "visible")
    move(page, 2000, T=2000)
    expect(dot).to_have_attribute("visibility", "hidden")
    assert 0 < told(page, "snr", "B") < 1e-8
    expect(page.locator("#schedule-page")).to_contain_text(
        "smaller values are written out, but not drawn"
    )


def test_the_keyboard_reaches_both_ends_and_the_switches(page):
    part(page, "t").focus()
    page.keyboard.press("Home")
    assert step(page) == 1 and told(page, "ratio") == 0 and told(page, "weightX0") == 1
    page.keyboard.press("End")
    assert step(page) == 2000 and step(page, "B") == 1000
    move(page, 640, T=2000)
    for _ in range(16):
        before = step(page)
        page.keyboard.press("ArrowRight")
        assert step(page) > before
        expect(part(page, "t")).to_have_attribute("aria-valuetext", f"t = {step(page)}")
    curve = page.locator("[data-quantity=beta] .curve.A")
    before = curve.get_attribute("d")
    part(page, "logY").focus()
    page.keyboard.press("Space")
    after = curve.get_attribute("d")
    assert before != after
    ticks = page.locator("[data-quantity=beta] svg text")
    assert {"1", "10", "100", "1000"} <= set(ticks.all_text_contents())
    part(page, "logT").focus()
    page.keyboard.press("Space")
    assert curve.get_attribute("d") != after
    assert "10" not in ticks.all_text_contents()


def test_any_schedule_is_drawn(visit):
    page = opened(visit)
    page.locator("button.label-wrap", has_text="Schedule A").click()
    fill(page, "schedule-A-T", 500)
    for kind in SCHEDULES:
        choose(page, "schedule-A-kind", kind)
        expect(part(page, "legend")).to_contain_text(f"A · {kind} · t = ")
        expect(part(page, "legend")).to_contain_text("/ 500")
        move(page, 250, T=1000)
        agrees(page, "A", NoiseSchedule.from_betas(SCHEDULES[kind](500, 1e-4, 2e-2)))
        for d in paths(page, "curve"):
            assert d.startswith("M") and "NaN" not in d and "Infinity" not in d


def test_what_is_left_at_the_end_is_warned_of(visit):
    page = opened(visit)
    expect(part(page, "warnings")).to_be_empty()

    page.locator("button.label-wrap", has_text="Schedule C").click()
    page.locator("#schedule-C input").check()
    expect(part(page, "warnings")).to_contain_text("C: √ᾱ_T = 0.603 at T = 100 is too large")
    page.locator("#schedule-C-zero-snr input").check()
    expect(part(page, "warnings")).to_be_empty()
    part(page, "t").focus()
    page.keyboard.press("Home")
    page.keyboard.press("End")
    assert told(page, "alphaBar", "C") == 0 and told(page, "snr", "C") == 0
    page.locator("button.label-wrap", has_text="Schedule A").click()
    for name in "AC":
        page.locator(f"#schedule-{name} input").uncheck()
    page.locator("button.label-wrap", has_text="Schedule B").click()
    page.locator("#schedule-B input").uncheck()
    expect(part(page, "warnings")).to_contain_text("Nothing is chosen")


def test_only_kinds_that_go_by_the_betas_ask_for_them(visit):
    page = opened(visit)
    page.locator("button.label-wrap", has_text="Schedule B").click()
    page.locator("button.label-wrap", has_text="Schedule A").click()
    for end in ("1", "T"):
        expect(page.locator(f"#schedule-A-beta-{end}")).to_be_visible()
        expect(page.locator(f"#schedule-B-beta-{end}")).to_be_hidden()
    for kind, is_shown in (("laplace", False), ("sigmoid", True)):
        choose(page, "schedule-A-kind", kind)
        for end in ("1", "T"):
            expect(page.locator(f"#schedule-A-beta-{end}")).to_be_visible(visible=is_shown)
        expect(part(page, "legend")).to_contain_text(f"A · {kind} · t = ")
        if not is_shown:
            expect(part(page, "warnings")).to_contain_text("A: √ᾱ_T = 0.178 is too large, whatever")
    move(page, 2000, T=2000)
    curve = page.locator("#schedule-page path.A").first
    before = curve.get_attribute("d")
    fill(page, "schedule-A-beta-T", 0.01)
    expect(curve).not_to_have_attribute("d", before)  # the answer is there
    agrees(page, "A", NoiseSchedule.from_betas(SCHEDULES["sigmoid"](2000, 1e-4, 0.01)))


def test_curves_are_few_points_of_the_float64_tables():
    for T in (10, 11, 100, 2000, 4000):
        t = shown_steps(T)
        assert t[0] == 1 and t[-1] == T and len(t) <= POINTS and bool((t.diff() > 0).all())
    drawn = numbers(None, name_of(NOTES), "curves")
    assert (drawn["kind"], drawn["T"], drawn["byBetas"]) == ("linear", 2000, True)
    schedule = NoiseSchedule.from_betas(SCHEDULES["linear"](2000, 1e-4, 2e-2))
    for key, column in tables(schedule, shown_steps(2000)).items():
        sent = np.frombuffer(base64.b64decode(drawn["curves"][key]), np.float32)
        assert np.array_equal(sent, column.float().numpy())


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (NOTES, "linear-2000-0.0001-0.02"),
        (("sigmoid", 500, 1e-5, 0.2, True), "sigmoid-500-0.00001-0.2-zero"),
        (("laplace", 100, 1e-3, 0.5, False), "laplace-100"),
    ],
)
def test_a_schedules_name_says_all(values, name):
    assert name_of(values) == name
    again = NoiseSchedule.from_betas(SCHEDULES[values[0]](*values[1:4])).T
    kind, T, *betas, zero_snr = values_in(name)
    assert (kind, int(T), zero_snr) == (values[0], again, values[4])
    if kind != "laplace":
        assert [float(beta) for beta in betas] == [*values[2:4]]


@pytest.mark.parametrize(
    "name", ["", "linear", "linear-5-0.1-0.2", "x-50", "linear-50--1-0.1-0.2-9"]
)
def test_a_name_that_describes_no_schedule_is_refused(name):
    with pytest.raises(gr.Error):
        numbers(None, name, "curves")


def test_a_schedule_without_numbers_is_told_and_the_others_stay(visit):
    page = opened(visit)
    page.locator("button.label-wrap", has_text="Schedule A").click()
    refused = {"status": 422, "json": {"detail": "Lower β_T."}}
    for T, respond, sentence in (
        (400, lambda route: route.fulfill(**refused), "A: Lower β_T."),
        (300, lambda route: route.abort(), "A: These numbers are not available"),
    ):
        page.route("**/linear-*/curves.json", respond)
        fill(page, "schedule-A-T", T)
        expect(part(page, "warnings")).to_contain_text(sentence)
        expect(part(page, "legend")).to_contain_text("B · squaredcos_cap_v2")
        expect(part(page, "legend")).not_to_contain_text("A ·")
    page.errors.clear()  # what the browser says of the answers


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({0: "<b>new</b>"}, "Kind of schedule must be one of linear, scaled_linear"),
        ({0: ["linear"]}, "Kind of schedule must be one of"),
        ({1: 9}, "T must be a whole number from 10 to 4000; got 9."),
        ({1: 4001}, "got 4001."),
        ({1: 10.5}, "got 10.5."),
        ({1: None}, "got nothing."),
        ({1: "<i>"}, "got &lt;i&gt;."),
        ({1: float("inf")}, "got inf."),
        ({2: 0}, "β₁ must be from 1e-06 to 0.999; got 0."),
        ({3: 1}, "β_T must be from 1e-06 to 0.999; got 1."),
        ({3: "nan"}, "got nan."),
        ({1: 4000, 3: 0.99, 4: True}, "lower β_T or T."),
    ],
)
def test_out_of_range_gets_a_sentence(changes, sentence):
    values = [changes.get(i, value) for i, value in enumerate(NOTES)]
    with pytest.raises(gr.Error) as caught:
        noise_schedule(values)
    assert sentence in caught.value.message
