"""The demo as a service: plain endpoints, bounds, and callers who leave."""

import io
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import numpy as np
import pytest
import torch
from gradio_client import Client
from gradio_client.utils import QueueError
from PIL import Image
from playwright.sync_api import expect

from ddpm_hf import DDPMScheduler
from ddpm_hf.demo.service.limits import QUEUE, in_time
from ddpm_hf.demo.web.picture.picture import cats
from tests.e2e.conftest import Server
from tests.e2e.service import LONG, ROOT, SHORT, call, cancel, comes_to_rest, events, join, until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

DEFAULTS = {
    "generate": [0, 1, 10, "small", 1, "cats-32", "each", 1, "even", "ddpm"],
    "forward": [None, 5, 0, "linear", 2000, 1e-4, 2e-2],
    "schedule": ["linear", 2000, 1e-4, 2e-2],
}


def said(server, endpoint, *data):
    """What an endpoint says to these inputs, and to its defaults after them."""
    return call(server, endpoint, *data, *DEFAULTS[endpoint][len(data) :])


def answer(server, endpoint, *data):
    (result,) = said(server, endpoint, *data)["data"]
    return result


def pixels(file):
    return np.asarray(Image.open(io.BytesIO(httpx.get(file["url"]).content)))


def uploaded(server, image):
    """The image as a client hands it to an endpoint."""
    image.save(file := io.BytesIO(), "PNG")
    return sent(server, file.getvalue())


def sent(server, content):
    (path,) = httpx.post(f"{server.url}{ROOT}upload", files={"files": ("a.png", content)}).json()
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def test_the_documents_lines_run_as_they_stand(tiny):
    lines = re.search(
        r"```python\n(from gradio_client import Client.*?)```",
        Path("docs/service.md").read_text(),
        re.S,
    ).group(1)
    said = {}
    exec(lines.replace("http://127.0.0.1:7860", tiny.url), said)
    images = tiny.pipeline(4, torch.Generator().manual_seed(0), 100).images
    assert len(said["cats"]["images"]) == 4 and said["cats"]["seed"] == 0
    for cat, image in zip(said["first"]["images"], images, strict=True):
        assert np.array_equal(np.asarray(Image.open(cat)), np.asarray(image))
    assert Image.open(said["noisy"]["image"]).size == (8, 8)
    assert said["noisy"]["sqrt_alpha_bar"] == pytest.approx(0.52, abs=0.01)
    assert len(said["table"]["alpha_bar"]) == 1000


def test_variance_noise_spacing_and_sampler_change_the_pictures(tiny):
    kinds = {
        "small": ("small", 1.0),
        "large": ("large",),
        "none": ("none",),
        "no noise": ("small", 0),
        "quadratic": (*SHORT[3:8], "quadratic"),
        "ddim": (*SHORT[3:9], "ddim"),
        "fast": (*SHORT[3:9], "fast"),
    }
    drawn = {
        name: pixels(answer(tiny, "generate", 3, 1, 10, *more)["images"][0]).tobytes()
        for name, more in kinds.items()
    }
    client = Client(tiny.url, verbose=False)  # which knows the defaults itself
    (path,) = client.predict(3, 1, 10, api_name="/generate")["images"]
    drawn["default"] = np.asarray(Image.open(path)).tobytes()
    assert drawn["default"] == drawn["small"] and drawn["none"] == drawn["no noise"]
    assert len(set(drawn.values())) == len(kinds) - 1


def test_forward_is_the_schedulers_add_noise(tiny):
    image = Image.new("RGB", (64, 32), (200, 100, 0))
    file = uploaded(tiny, image)
    same = pixels(answer(tiny, "forward", file, 0)["image"])
    assert np.array_equal(same, np.asarray(image))
    half = answer(tiny, "forward", file, 500, 1)
    drawn = pixels(half["image"])
    assert drawn.shape == (32, 64, 3)
    root = DDPMScheduler().alphas_cumprod[499].sqrt()
    assert half["sqrt_alpha_bar"] == pytest.approx(float(root))
    assert not np.array_equal(drawn, pixels(answer(tiny, "forward", file, 500, 2)["image"]))
    noise = pixels(answer(tiny, "forward", file, 2000)["image"])
    assert abs(noise.mean() - 127.5) < 5
    large = answer(tiny, "forward", uploaded(tiny, Image.new("RGB", (1000, 500))), 1)
    assert pixels(large["image"]).shape == (128, 256, 3)
    cat = answer(tiny, "forward", None, 0)
    assert np.array_equal(pixels(cat["image"]), np.asarray(cats()[0])), "a cat, if none is given"


def test_schedule_is_the_notes(tiny):
    table = answer(tiny, "schedule")
    assert {len(column) for column in table.values()} == {1000}
    assert table["t"][0] == 1 and table["t"][-1] == 2000
    assert table["beta"][0] == pytest.approx(1e-4) and table["beta"][-1] == pytest.approx(2e-2)
    assert table["alpha_bar"][-1] == pytest.approx(1.6288e-9, rel=1e-4)
    assert table["weight_x0"][0] == 1
    short = answer(tiny, "schedule", "squaredcos_cap_v2", 12)
    assert short["t"] == list(range(1, 13))


@pytest.mark.parametrize(
    ("endpoint", "arguments", "sentence"),
    [
        ("generate", (0, 1, 10, "huge"), "must be one of small, large, none; got huge."),
        ("generate", (0, 1, 10, "small", 3), "must be from 0 to 2; got 3."),
        (
            "generate",
            (0, 1, 10, *SHORT[3:8], "odd"),
            "must be one of even, quadratic, visible; got odd.",
        ),
        ("generate", (0, 1, 10, *SHORT[3:9], "odd"), "must be one of ddpm, ddim, fast; got odd."),
        ("generate", (0, 1, 10, "small", 1, "a/b"), "This server draws only with its own models."),
        ("forward", ("cat.png", 5), "Send a picture as a file"),
        ("forward", ({"path": "/etc/passwd"}, 5), "Send a picture as a file"),
        ("forward", (None, 2001), "t must be a whole number from 0 to"),
        ("schedule", ("straight",), "kind must be one of linear, scaled_linear,"),
        ("schedule", ("linear", 4001), "must be a whole number from 10 to 4000; got 4001."),
        ("schedule", ("linear", 100, 0), "beta_start must be from 1e-06 to 0.999; got 0."),
    ],
)
def test_what_is_out_of_bounds_gets_a_sentence(tiny, endpoint, arguments, sentence):
    assert sentence in said(tiny, endpoint, *arguments)["error"]


def test_a_file_that_is_no_picture_gets_a_sentence(tiny):
    large = uploaded(tiny, Image.new("1", (9000, 9000)))
    assert "has too many pixels" in said(tiny, "forward", large, 5)["error"]
    assert "can't be read as a picture" in said(tiny, "forward", sent(tiny, b"AAAA"), 5)["error"]


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/file=/etc/passwd",
        "gradio_api/file=/proc/self/environ",
        f"gradio_api/file={Path('app.py').resolve()}",
        "gradio_api/file=app.py",
        "gradio_api/file=.git/config",
        "gradio_api/file=ddpm_hf/pretrained/cats-32/unet/config.json",
        "gradio_api/file=..%2f..%2fetc%2fpasswd",
        "gradio_api/file=static/../app.py",
        "static/..%2f..%2f..%2f..%2fetc/passwd",
        "assets/..%2f..%2fetc/passwd",
        "app.py",
        ".git/config",
    ],
)
def test_no_file_of_the_machine_is_served(tiny, path):
    got = httpx.get(tiny.url + path)
    assert got.status_code in (403, 404)
    assert "root:" not in got.text and "import" not in got.text


@pytest.mark.parametrize("name", ["page.html", "picture.svg"])
def test_what_was_sent_is_not_shown_as_a_page(tiny, name):
    files = {"files": (name, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")}
    (path,) = httpx.post(f"{tiny.url}{ROOT}upload", files=files).json()
    got = httpx.get(f"{tiny.url}{ROOT}file={path}")
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["content-type"] == "application/octet-stream"


def test_a_large_upload_is_turned_away(tiny):
    files = {"files": ("a.png", bytes(11 * 2**20))}
    assert httpx.post(f"{tiny.url}{ROOT}upload", files=files).status_code == 413


def test_a_links_markup_is_shown_and_not_run(visit):
    markup = "<img src=x onerror=window.harmed=1>"
    page = visit(f"?model={markup}&seed={markup}")
    page.click("#generate")
    expect(page.get_by_text("This server draws only with its own models.").first).to_be_visible()
    page = visit(f"?variance={markup}")
    expect(page.get_by_text("must be one of small, large, none; got <img").first).to_be_visible()
    assert page.evaluate("window.harmed") is None


@pytest.mark.parametrize("endpoint", ["generate", "stream"])
def test_who_leaves_frees_the_slot(tiny, endpoint):
    tiny.network.slow()
    for _ in range(4):  # twice as many as run at once
        _, session = join(tiny, endpoint, LONG)
        until(tiny, session, "process_generating")
    assert comes_to_rest(tiny)


@pytest.mark.parametrize("endpoint", ["generate", "stream"])
def test_a_cancelled_run_stops(tiny, endpoint):
    tiny.network.slow()
    answer, session = join(tiny, endpoint, LONG)
    reading = events(tiny, session)
    next(message for message in reading if message["msg"] == "process_generating")
    cancel(tiny, endpoint, session, answer.json()["event_id"])
    assert [message["msg"] for message in reading][-2:] == ["process_completed", "close_stream"]
    assert comes_to_rest(tiny)


def test_cancels_that_come_late_are_no_errors(tiny):
    tiny.network.slow()
    for _ in range(3):
        answer, session = join(tiny, "generate", LONG)
        reading = events(tiny, session)
        next(message for message in reading if message["msg"] == "process_generating")
        end = partial(cancel, tiny, "generate", session, answer.json()["event_id"])
        with ThreadPoolExecutor() as callers:  # all of them find the run, and one of them ends it
            for ending in [callers.submit(end) for _ in range(8)]:
                ending.result()
        end()


@pytest.mark.parametrize("endpoint", ["generate", "stream"])
def test_a_run_ends_at_its_deadline(tiny, monkeypatch, endpoint):
    monkeypatch.setitem(in_time.__globals__, "RUN_SECONDS", 0.5)
    tiny.network.slow()
    ended = call(tiny, endpoint, *LONG, **{"accept-language": "zh"})
    assert ended["error"] == "这次运行超过了 0.5 秒，已被终止；请减少步数。"
    assert tiny.network.calls[LONG[1]] < LONG[2]


def test_settings_are_kept_and_ctrl_c_in_a_run_ends_the_server_well():
    # Whoever started the tests may have Ctrl-C ignored, and what they start inherits that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    running = Server(DDPM_RUN_SECONDS="2", DDPM_ALLOW_MODELS="0")
    signal.signal(signal.SIGINT, before)
    try:
        assert "more than 2 seconds" in said(running, "generate", *LONG)["error"]
        others = said(running, "generate", *SHORT[:5], "someone/good")
        assert others["error"] == "This server draws only with its own models."
        until(running, join(running, "generate", LONG)[1], "process_starts")
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(30) == 0
    finally:
        running.process.kill()


def test_a_full_queue_turns_away_politely(visit, tiny):
    page = visit(locale="zh-CN")
    tiny.network.hold()
    client = Client(tiny.url, verbose=False)
    _, crowd = join(tiny, "generate", LONG)
    answers = [join(tiny, "generate", LONG, crowd)[0].status_code for _ in range(QUEUE + 3)]
    assert answers[-1] == 503 and 200 in answers
    with pytest.raises(QueueError, match="Queue is full"):
        client.predict(*SHORT, api_name="/generate")
    spoken, _ = join(tiny, "generate", SHORT, **{"accept-language": "en"})
    assert spoken.json()["detail"].startswith("Many others are drawing just now")
    page.click("#generate")
    expect(page.get_by_text("现在使用的人很多，请过一分钟再试。")).to_be_visible()
    page.errors.clear()  # of the console, about the answer 429
    tiny.network.slow()
    until(tiny, crowd, "process_generating")  # and the crowd leaves
    while httpx.get(f"{tiny.url}{ROOT}queue/status").json()["queue_size"]:
        time.sleep(0.05)
    assert comes_to_rest(tiny)
