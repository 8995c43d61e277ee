"""The demo as a service: plain endpoints, bounds, and callers who leave."""

import base64
import io
import re
import signal
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from gradio_client.utils import QueueError
from PIL import Image
from playwright.sync_api import expect

from ddpm_hf import DDPMScheduler
from tests.e2e.conftest import Server
from tests.e2e.service import ROOT, events, join, until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

LONG = [0, 16, 2000, "small", 1, "cats-32", "each", 1, "even"]
SHORT = [0, 1, 10, "small", 1, "cats-32", "each", 1, "even"]


@pytest.fixture(scope="module")
def client(server):
    return Client(server.url, verbose=False)


def pixels(url):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))


def data_url(image, kind="PNG"):
    file = io.BytesIO()
    image.save(file, kind)
    return f"data:image/{kind.lower()};base64," + base64.b64encode(file.getvalue()).decode()


def test_readmes_lines_run_as_they_stand(server):
    lines = re.search(
        r"```python\n(from gradio_client import Client\n.*?)```",
        Path("README.md").read_text(),
        re.S,
    ).group(1)
    said = {}
    exec(lines.replace("http://127.0.0.1:7860", server.url), said)
    assert len(said["cats"]["images"]) == 4 and said["cats"]["seed"] == 0
    assert said["noisy"]["sqrt_alpha_bar"] == pytest.approx(0.52, abs=0.01)
    assert len(said["table"]["alpha_bar"]) == 1000


def test_variance_noise_and_spacing_change_the_pictures(client):
    kinds = {
        "default": (),
        "small": ("small", 1.0),
        "large": ("large",),
        "none": ("none",),
        "no noise": ("small", 0),
    }
    drawn = {
        name: client.predict(3, 1, 10, *more, api_name="/generate")["images"][0]
        for name, more in kinds.items()
    }
    assert drawn["default"] == drawn["small"] and drawn["none"] == drawn["no noise"]
    spaced = client.predict(3, 1, 10, spacing="quadratic", api_name="/generate")
    drawn["quadratic"] = spaced["images"][0]
    assert len({drawn[name] for name in ("small", "large", "none", "quadratic")}) == 4


def test_forward_is_the_schedulers_add_noise(client):
    grey = Image.new("RGB", (64, 32), (200, 100, 0))
    assert np.array_equal(
        pixels(client.predict(data_url(grey), 0, api_name="/forward")["image"]), np.asarray(grey)
    )
    half = client.predict(data_url(grey), 500, seed=1, api_name="/forward")
    assert pixels(half["image"]).shape == (32, 64, 3)
    root = DDPMScheduler().alphas_cumprod[499].sqrt()
    assert half["sqrt_alpha_bar"] == pytest.approx(float(root))
    assert half != client.predict(data_url(grey), 500, seed=2, api_name="/forward")
    noise = pixels(client.predict(data_url(grey), 2000, api_name="/forward")["image"])
    assert abs(noise.mean() - 127.5) < 5
    large = client.predict(data_url(Image.new("RGB", (1000, 500))), 1, api_name="/forward")
    assert pixels(large["image"]).shape == (128, 256, 3)


def test_schedule_is_the_notes(client):
    table = client.predict(api_name="/schedule")
    assert {len(column) for column in table.values()} == {1000}
    assert table["t"][0] == 1 and table["t"][-1] == 2000
    assert table["beta"][0] == pytest.approx(1e-4) and table["beta"][-1] == pytest.approx(2e-2)
    assert table["alpha_bar"][-1] == pytest.approx(1.6288e-9, rel=1e-4)
    assert table["weight_x0"][0] == 1
    short = client.predict("squaredcos_cap_v2", 12, api_name="/schedule")
    assert short["t"] == list(range(1, 13))


@pytest.mark.parametrize(
    ("endpoint", "arguments", "sentence"),
    [
        ("generate", (0, 1, 10, "huge"), "must be one of small, large, none; got huge."),
        ("generate", (0, 1, 10, "small", 3), "must be from 0 to 2; got 3."),
        ("generate", (0, 1, 10, *SHORT[3:8], "odd"), "must be one of even, quadratic; got odd."),
        ("generate", (0, 1, 10, "small", 1, "a/b"), "This server draws with its own models alone."),
        ("forward", ("cat.png", 5), "A picture is to be given as a data URL"),
        ("forward", ("/etc/passwd", 5), "A picture is to be given as a data URL"),
        ("forward", ("data:image/png;base64,AAAA", 5), "can't be read as a picture"),
        ("forward", (data_url(Image.new("1", (9000, 9000))), 5), "has too many pixels"),
        ("forward", (data_url(Image.new("1", (9, 9))), 2001), "t must be a whole number from 0 to"),
        ("schedule", ("straight",), "kind must be one of linear, scaled_linear,"),
        ("schedule", ("linear", 4001), "must be a whole number from 10 to 4000; got 4001."),
        ("schedule", ("linear", 100, 0), "beta_start must be from 1e-06 to 0.999; got 0."),
    ],
)
def test_what_is_out_of_bounds_gets_a_sentence(client, endpoint, arguments, sentence):
    with pytest.raises(AppError) as caught:
        client.predict(*arguments, api_name=f"/{endpoint}")
    assert sentence in str(caught.value)


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
def test_no_file_of_the_machine_is_served(server, path):
    answer = httpx.get(server.url + path)
    assert answer.status_code in (403, 404)
    assert "root:" not in answer.text and "import" not in answer.text


@pytest.mark.parametrize("name", ["page.html", "picture.svg"])
def test_what_was_sent_is_not_shown_as_a_page(server, name):
    files = {"files": (name, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")}
    (path,) = httpx.post(f"{server.url}{ROOT}upload", files=files).json()
    answer = httpx.get(f"{server.url}{ROOT}file={path}")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"


def test_a_large_upload_is_turned_away(server):
    files = {"files": ("a.png", bytes(11 * 2**20))}
    assert httpx.post(f"{server.url}{ROOT}upload", files=files).status_code == 413


def test_a_links_markup_is_shown_and_not_run(server, browser):
    page = browser.new_context(locale="en-US").new_page()
    markup = "<img src=x onerror=window.harmed=1>"
    page.goto(f"{server.url}?model={markup}&seed={markup}")
    page.wait_for_selector("#generate")
    page.click("#generate")
    expect(page.get_by_text("This server draws with its own models alone.").first).to_be_visible()
    page.goto(f"{server.url}?variance={markup}")
    page.click("#generate")
    expect(page.get_by_text("must be one of small, large, none; got <img").first).to_be_visible()
    assert page.evaluate("window.harmed") is None
    page.context.close()


def idle_seconds(server, at_most=20):
    """How long the server goes on computing."""
    begun = time.monotonic()
    while time.monotonic() - begun < at_most:
        before = server.cpu_seconds()
        time.sleep(0.5)
        if server.cpu_seconds() - before < 0.15:
            return time.monotonic() - begun - 0.5
    raise AssertionError(f"it computes {at_most} seconds later")


@pytest.mark.parametrize("endpoint", ["generate", "stream"])
def test_who_leaves_frees_the_slot(server, endpoint):
    idle_seconds(server)
    for _ in range(4):  # twice as many as run at once
        _, session = join(server, endpoint, LONG)
        until(server, session, "process_generating")
    stopped = idle_seconds(server)
    begun = time.monotonic()
    _, session = join(server, "generate", SHORT)
    until(server, session, "process_starts")
    waited = time.monotonic() - begun
    print(
        f"/{endpoint}: computing ends {stopped:.1f} s after leaving, next starts in {waited:.2f} s"
    )
    assert waited < 2


def test_a_cancelled_run_stops(server, client):
    idle_seconds(server)
    job = client.submit(*LONG, api_name="/generate")
    while not job.outputs():
        time.sleep(0.05)
    job.cancel()
    idle_seconds(server)


@pytest.fixture(scope="module")
def hasty():
    """A server whose runs may take two seconds."""
    running = Server(DDPM_RUN_SECONDS="2")
    yield running
    running.process.terminate()
    running.process.wait(30)


@pytest.mark.parametrize("endpoint", ["generate", "stream"])
def test_a_run_ends_at_its_deadline(hasty, endpoint):
    until(hasty, join(hasty, endpoint, SHORT)[1], "process_completed")
    _, session = join(hasty, endpoint, LONG, **{"accept-language": "zh"})
    last = list(events(hasty, session))[-2]
    assert last["msg"] == "process_completed" and not last["success"]
    assert last["output"]["error"] == "这次运行超过了 2 秒，已被终止；请减少步数。"


def test_ctrl_c_in_a_run_ends_the_server_well():
    # Whoever started the tests may have Ctrl-C ignored, and what they start inherits that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    running = Server()
    signal.signal(signal.SIGINT, before)
    try:
        until(running, join(running, "generate", LONG)[1], "process_starts")
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(30) == 0
    finally:
        running.process.kill()


def test_a_full_queue_turns_away_politely(server, browser):
    page = browser.new_context(locale="zh-CN").new_page()
    page.goto(server.url)
    page.wait_for_selector("#generate")
    client = Client(server.url, verbose=False)  # before: it takes seconds, in which a run may end
    _, crowd = join(server, "generate", LONG)
    for _ in range(40):
        answer, _ = join(server, "generate", LONG, crowd)
    assert answer.status_code == 503
    with pytest.raises(QueueError, match="Queue is full"):
        client.predict(*SHORT, api_name="/generate")
    spoken, _ = join(server, "generate", SHORT, **{"accept-language": "en"})
    assert spoken.json()["detail"].startswith("Many others are drawing just now")
    page.click("#generate")
    expect(page.get_by_text("现在使用的人很多，请过一分钟再试。")).to_be_visible()
    page.context.close()
    until(server, crowd, "process_generating")  # and the crowd leaves
    idle_seconds(server)
    assert join(server, "generate", SHORT)[0].status_code == 200
