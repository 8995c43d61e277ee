"""What keeps a run from the reader's browser sends it to the server, in one sentence."""

import json
import time

import httpx
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.test_demo_browser_runs import assert_alike, place, plans_asked, prepared
from tests.e2e.views import (
    DONE,
    STATUS,
    by_the_pages_script,
    canvas,
    choose,
    fill,
    generate,
    hold_the_queue,
    open_tab,
    scrub,
    tiled,
)
from tests.e2e.windows import PATIENCE, listened, ready

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def fresh(server, browser):
    """Opens the page in a browser that has nothing of it yet; change(page) comes before that."""
    contexts = []

    def fresh(change):
        contexts.append(context := browser.new_context(locale="en-US"))
        context.set_default_timeout(PATIENCE)
        page = listened(context.new_page())
        change(page)
        page.goto(server.url)
        ready(page)
        return page

    yield fresh
    for context in contexts:
        context.close()


def without_webassembly(page):
    page.add_init_script("delete globalThis.WebAssembly")


def with_weights_cut_short(page):
    def cut(route):
        route.fulfill(body=httpx.get(route.request.url).content[:-1000])

    page.route("**/*.safetensors?*", cut)


def with_an_unknown_part(page):
    def change(route):
        config = httpx.get(route.request.url).json()
        route.fulfill(body=json.dumps({**config, "act_fn": "mish"}))

    page.route("**/unet/config.json", change)


def with_a_worker_that_throws_at_step_7(page):
    def change(route):
        script = httpx.get(route.request.url).text
        step = "mine.chain.step()"
        assert step in script
        broken = f"(mine.chain.index === 7 ? missing() : {step})"
        route.fulfill(body=script.replace(step, broken), content_type="text/javascript")

    page.route("**/engine/worker.js", change)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without_webassembly, "This browser has no WebAssembly with SIMD."),
        pytest.param(
            with_weights_cut_short,
            "The model's files did not arrive whole.",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            with_an_unknown_part,
            "The engine in the browser does not know this model.",
            marks=pytest.mark.soak,
        ),
        (with_a_worker_that_throws_at_step_7, "The run in the browser broke off."),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_it_ends_on_the_server(fresh, change, reason):
    page = fresh(change)
    generate(page, seed=3, number=1, steps=12)
    expect(place(page)).to_contain_text("Runs on the server.")
    expect(place(page)).to_contain_text(reason)
    expect(page.locator(STATUS)).to_contain_text("Done")
    assert_alike(canvas(page, "noisy"), by_the_pages_script(page)[0])
    generate(page, seed=4, number=1, steps=12)
    assert_alike(canvas(page, "noisy"), by_the_pages_script(page)[0])


def test_the_server_goes_on_with_the_settings_that_the_run_began_with(fresh):
    page = fresh(with_a_worker_that_throws_at_step_7)
    held = []
    page.route("**/plans/*", lambda route: held.append(route))
    with page.expect_request("**/plans/*"):
        generate(page, wait=False, seed=3, number=1, steps=12)
    images = by_the_pages_script(page)
    fill(page, "steps", 30)
    fill(page, "seed", 9)
    held[0].continue_()
    page.wait_for_selector(DONE)
    expect(place(page)).to_contain_text("Runs on the server.")
    assert page.locator("#player [data-part=timeline]").get_attribute("max") == "12"
    assert_alike(canvas(page, "noisy"), images[0])
    assert "seed=3" in page.url and "steps=12" in page.url


def test_stop_while_the_server_takes_over(fresh):
    page = fresh(with_a_worker_that_throws_at_step_7)
    let_go = hold_the_queue(page)
    generate(page, wait=False, number=1, steps=50)
    expect(place(page)).to_contain_text("Runs on the server.")
    page.click("#stop")
    let_go()
    expect(page.locator(STATUS)).to_contain_text("Stopped")
    expect(page.locator("#generate[data-running]")).to_have_count(0)
    generate(page, number=1, steps=12)
    expect(page.locator(STATUS)).to_contain_text("Done")


@pytest.mark.soak
def test_a_slow_line_gets_the_picture_from_the_server(fresh):
    """As slow as it may be: what it can't keep up with is left out, but never the last frame."""
    page = fresh(lambda page: None)
    page.get_by_label("Run on the server").check()
    choose(page, "model", "cats-64")
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "uploadThroughput": -1}
    slow["downloadThroughput"] = 1.44e6 / 8
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    received = []
    network.on("Network.dataReceived", lambda data: received.append(data["encodedDataLength"]))
    begun = time.monotonic()
    generate(page, wait=False, seed=3, number=4, steps=100)
    page.wait_for_selector(DONE, timeout=10 * PATIENCE)
    print(f"{time.monotonic() - begun:.1f} s, {sum(received):,} bytes")
    expect(page.locator(STATUS)).to_contain_text("Done")
    scrub(page, 0)
    page.locator("#player [data-part=play]").click()
    expect(page.locator("#player [data-part=clock]")).to_have_text("t = 0")
    assert_alike(canvas(page, "noisy"), tiled(by_the_pages_script(page)))


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("?seed=1&steps=5000&number=1", "got 5000."),
        (
            "?seed=1&model=fashion-28&class=42",
            "7, 8, 9; got 42.",
        ),
        ("?class=99", "cats-32 has no classes, so there is no class 99."),
    ],
)
def test_what_is_out_of_range_is_refused(visit_trained, link, told):
    page = visit_trained(link)
    expect(page.locator("#player [data-part=refusal]")).to_contain_text(told)
    expect(page.locator(STATUS)).to_contain_text("Press Generate")
    expect(place(page)).not_to_contain_text("broke off")
    expect(page.locator("#generate[data-running]")).to_have_count(0)


def test_the_reader_may_choose_the_server(visit_trained):
    page = prepared(visit_trained())
    box = page.get_by_label("Run on the server")
    box.check()
    expect(place(page)).to_have_text("Runs on the server.")
    asked = len(page.requests)
    generate(page, seed=5, number=2, steps=12)
    assert not any(path.startswith("cats-32") for path in plans_asked(page, asked))
    expect(place(page)).to_contain_text("Runs on the server.")
    assert_alike(canvas(page, "noisy"), np.hstack(by_the_pages_script(page)))
    open_tab(page, "One jump")
    expect(place(page, "jump-row")).to_have_text("Runs on the server.")
    page.get_by_role("link", name="中文").click()
    expect(place(page, "jump-row")).to_have_text("在服务器上运行。")
    page.locator("#jump-row").get_by_label("在服务器上运行").uncheck()
    expect(place(page, "jump-row")).to_have_text("在你的浏览器中运行。")
