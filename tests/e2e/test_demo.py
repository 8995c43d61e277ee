"""The demo as a stranger meets it: a real server, a real browser, a real client."""

import base64
import io
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image
from playwright.sync_api import expect

from ddpm_hf import DDPMPipeline

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def player(page, name):
    return page.evaluate(f"document.querySelector('[data-frames]')?.dataset.{name}")


def generate(page, wait=True, **values):
    for name, value in values.items():
        box = page.locator(f"#{name} input[type=number]")
        box.fill(str(value))
        box.blur()
    page.click("#generate")
    if wait:
        page.wait_for_selector("[data-complete=true]", timeout=300_000)


def canvas(page, name):
    """The canvas's pixels, (height, width, 3)."""
    data = page.evaluate(
        f"document.querySelector('canvas[data-part={name}]').toDataURL('image/png').split(',')[1]"
    )
    return np.array(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def scrub(page, position):
    page.locator("[data-part=timeline]").evaluate(
        "(bar, at) => { bar.value = at; bar.dispatchEvent(new Event('input')); }", position
    )


def by_script(seed, number, steps):
    """The same pictures by a script, as the page's own lines have it."""
    pipe = DDPMPipeline.from_pretrained("cats-32")
    return pipe(
        batch_size=number,
        generator=torch.Generator().manual_seed(seed),
        num_inference_steps=steps,
        backend="auto",
    ).images


def asked_of_server(page):
    return [url for url in page.requests if not url.startswith(("data:", "blob:"))]


def test_noise_becomes_the_pictures_that_a_script_gets(visit):
    page = visit()
    # Long enough to be watched, should the page still be busy with itself at its first run.
    generate(page, wait=False, steps=400)
    page.wait_for_selector("[data-frames]")
    seen = []
    while player(page, "complete") != "true":
        seen.append(int(player(page, "frames")))
        page.wait_for_timeout(30)
    assert len(set(seen)) > 3 and seen[0] < 100, "frames did not come while sampling went on"
    assert player(page, "frames") == "120"

    final = canvas(page, "noisy")
    assert np.array_equal(final, canvas(page, "predicted"))
    images = [np.array(image) for image in by_script(0, 4, 400)]
    expected = np.vstack([np.hstack(images[:2]), np.hstack(images[2:])])
    assert np.array_equal(final, expected)

    asked = asked_of_server(page)
    scrub(page, 0)
    noise = canvas(page, "noisy")
    assert page.locator("[data-part=clock]").inner_text() == "t = 1996"
    assert not np.array_equal(noise, final) and noise.std() > 60
    scrub(page, 60)
    assert not np.array_equal(canvas(page, "noisy"), noise)
    assert not np.array_equal(canvas(page, "noisy"), canvas(page, "predicted"))
    scrub(page, 0)
    page.select_option("[data-part=speed]", "4")
    page.click("[data-part=play]")
    page.wait_for_timeout(300)
    moved = int(page.locator("[data-part=timeline]").input_value())
    page.click("[data-part=play]")
    paused = page.locator("[data-part=timeline]").input_value()
    page.wait_for_timeout(300)
    assert moved > 0 and paused == page.locator("[data-part=timeline]").input_value()
    page.click("[data-part=play]")
    expect(page.locator("[data-part=clock]")).to_have_text("t = 0", timeout=10_000)
    assert np.array_equal(canvas(page, "noisy"), final)
    assert asked_of_server(page) == asked, "scrubbing or playing asked the server"


def test_stop_stops_the_compute(visit, server):
    page = visit()
    generate(page, wait=False, steps=2000, number=16)
    page.wait_for_selector("[data-frames]", timeout=30_000)
    page.click("#stop")
    expect(page.locator("[data-part=status]")).to_have_text("Stopped. What there is can be played.")
    used = []
    for _ in range(4):  # on a busy machine the last step may take its time; all would take minutes
        frames, before = player(page, "frames"), server.cpu_seconds()
        page.wait_for_timeout(2000)
        used.append(server.cpu_seconds() - before)
    assert min(used) < 0.5, used
    assert player(page, "frames") == frames and int(frames) < 121
    generate(page, steps=10, number=1)  # and the next run is not in its way


def test_other_numbers_and_seeds(visit):
    page = visit()
    generate(page, seed=5, number=3, steps=10)
    images = [np.array(image) for image in by_script(5, 3, 10)]
    final = canvas(page, "noisy")
    assert final.shape == (64, 64, 3)
    assert np.array_equal(final[:32], np.hstack(images[:2]))
    script = page.locator("#script").inner_text()
    assert "batch_size=3" in script and "manual_seed(5)" in script and "steps=10" in script
    page.get_by_role("button", name="Another seed").click()
    expect(page.locator("#seed input")).not_to_have_value("5")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_all_in_chinese(visit, scheme):
    page = visit(viewport={"width": 390, "height": 844}, color_scheme=scheme, locale="zh-CN")
    expect(page.locator("#generate")).to_have_text("生成")
    stop = page.locator("#stop")
    stop.scroll_into_view_if_needed()
    before = stop.bounding_box()
    generate(page)
    assert stop.bounding_box() == before, "it stays under the finger"
    expect(page.locator("[data-part=status]")).to_contain_text("完成")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_plain_endpoint_returns_the_pictures(server):
    result = Client(server.url, verbose=False).predict(7, 2, 10, api_name="/generate")
    assert result["seed"] == 7
    for url, image in zip(result["images"], by_script(7, 2, 10), strict=True):
        png = Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))
        assert np.array_equal(np.array(png), np.array(image))


@pytest.mark.parametrize("endpoint", ["/generate", "/stream"])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0, 0, 100), "Number of pictures must be a whole number from 1 to 16; got 0."),
        ((0, 17, 100), "from 1 to 16; got 17"),
        ((0, 4, 9), "Steps must be a whole number from 10 to 2000; got 9."),
        ((0, 4, 2001), "from 10 to 2000; got 2001"),
        ((0, 4, 10.5), "from 10 to 2000; got 10.5"),
        ((-1, 4, 10), "Seed must be a whole number from 0 to"),
    ],
)
def test_out_of_range_gets_a_sentence(server, endpoint, arguments, sentence):
    with pytest.raises(AppError) as caught:
        Client(server.url, verbose=False).predict(*arguments, api_name=endpoint)
    assert sentence in str(caught.value) and "Traceback" not in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({}, "app.py: port {port} is in use; set GRADIO_SERVER_PORT to a free one."),
        ({"GRADIO_SERVER_NAME": "no.invalid"}, "or GRADIO_SERVER_NAME=no.invalid is not this"),
        ({"GRADIO_SERVER_PORT": "http"}, "must be a whole number from 1 to 65535; got 'http'."),
        ({"DDPM_RUN_SECONDS": "nan"}, "DDPM_RUN_SECONDS must be a number above 0; got 'nan'."),
        ({"GRADIO_SERVER_PORT": "65536"}, "must be a whole number from 1 to 65535; got '65536'."),
    ],
)
def test_where_it_cannot_be_served_is_one_sentence(server, setting, sentence):
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(server.port), **setting}
    done = subprocess.run(
        [sys.executable, "app.py"], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 1
    assert sentence.format(port=server.port) in done.stderr
    assert "Traceback" not in done.stderr
