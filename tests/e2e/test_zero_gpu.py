"""ZeroGPU by its real package `spaces`: what the page asks of its scheduler, and gives back.

The scheduler, which is not part of the package, answers on loopback. There is no card: see
`zero_server.py`.
"""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import pytest
from PIL import Image

from ddpm_hf import DDPMPipeline
from ddpm_hf.bundled import bundled_models
from ddpm_hf.demo.service.zero_gpu import seconds_for
from tests.e2e.conftest import free_port
from tests.e2e.service import LONG, ROOT, SHORT, call, cancel, events, functions, join, until

pytest.importorskip("spaces", reason="the package spaces is not installed")
pytestmark = [pytest.mark.e2e, pytest.mark.slow]


class Scheduler(ThreadingHTTPServer):
    """Lends one GPU, whose last worker may be used again.

    `asked`: seconds, of each run; `workers`: the processes that were given the GPU; `returned`: of
    each run that ended, whether it failed.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked, self.workers, self.returned = [], [], []

    def rests(self):
        """Whether all GPUs are given back, within half a minute."""
        for _ in range(300):
            if len(self.returned) == len(self.asked):
                return True
            time.sleep(0.1)
        return False


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Scheduler

    def log_message(self, *_):
        pass

    def do_POST(self):
        address = urlsplit(self.path)
        said = {name: values[0] for name, values in parse_qs(address.query).items()}
        lent = {"idle": True, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": "a token"}
        if address.path == "/schedule":
            self.server.asked.append(int(said["durationSeconds"]))
        elif address.path == "/allow":
            self.server.workers.append(int(said["pid"]))
        elif address.path == "/release":
            self.server.returned.append(said["fail"] == "true")
        answer = json.dumps(lent).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


class ZeroServer:
    """The page on ZeroGPU; `told` is what it printed of itself when it started."""

    def __init__(self, scheduler, folder):
        self.scheduler, port = scheduler, free_port()
        self.url = f"http://127.0.0.1:{port}/"
        (folder / "cgroup").write_text("0::/space\n")
        settings = {
            "SPACES_ZERO_GPU": "true",
            "SPACES_ZERO_DEVICE_API_URL": f"http://127.0.0.1:{scheduler.server_port}",
            "ZEROGPU_PROC_SELF_CGROUP_PATH": str(folder / "cgroup"),
            "ZEROGPU_OFFLOAD_DIR": str(folder / "offload"),
            "HOME": str(folder),
            "HF_HUB_OFFLINE": "1",
            "GRADIO_SERVER_PORT": str(port),
        }
        self.process = subprocess.Popen(
            [sys.executable, "tests/e2e/zero_server.py"],
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.told = json.loads(next(line for line in self.process.stdout if line[0] == "{"))
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        for _ in range(300):
            with suppress(OSError):
                urllib.request.urlopen(self.url)
                return
            time.sleep(0.1)
        raise TimeoutError("the page does not come")

    def close(self):
        """Workers outlive the page; the scheduler's affair."""
        self.process.kill()
        self.process.wait()
        for worker in self.scheduler.workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with Scheduler() as scheduler:
        threading.Thread(target=scheduler.serve_forever, daemon=True).start()
        running = ZeroServer(scheduler, tmp_path_factory.mktemp("zero"))
        yield running
        running.close()
        scheduler.shutdown()


@pytest.fixture
def zero(page):
    """The page, with all that it was lent given back before and after."""
    for seen in (page.scheduler.asked, page.scheduler.returned):
        seen.clear()
    yield page
    assert page.scheduler.rests()


def test_each_handler_that_runs_a_model_gets_a_gpu(page):
    assert page.told["lent"] == page.told["shared"]
    assert page.told["lent"] == ["compare", "compare", "edit", "generate", "stream"]


def test_all_bundled_models_are_on_the_gpu_from_the_start(page):
    def size(name):
        return sum(4 * p.numel() for p in DDPMPipeline.from_pretrained(name).unet.parameters())

    assert page.told["packed"] == sum(map(size, bundled_models()))


@pytest.mark.parametrize("model", ["cats-32", "fashion-28"])
def test_a_run_in_a_worker_draws_the_same_and_gives_the_gpu_back(zero, seeded, model):
    inputs = [*SHORT[:5], model, *SHORT[6:]]
    (drawn,) = call(zero, "generate", *inputs)["data"][0]["images"]
    assert zero.scheduler.rests()
    assert zero.scheduler.asked == [seconds_for(10)] and zero.scheduler.returned == [False]
    assert zero.process.pid not in zero.scheduler.workers
    seen = np.asarray(Image.open(io.BytesIO(httpx.get(drawn["url"]).content)))
    labels = {"class_labels": 0} if model == "fashion-28" else {}
    pipe = DDPMPipeline.from_pretrained(model)
    wanted = pipe(generator=[seeded(0)], num_inference_steps=10, **labels).images[0]
    assert np.abs(seen.astype(int) - np.asarray(wanted)).max() <= 1
    workers = len(zero.scheduler.workers)
    call(zero, "generate", *inputs)
    assert len(zero.scheduler.workers) == workers, "an idle worker is used again"


@pytest.mark.parametrize(
    ("endpoint", "inputs", "steps", "least"),
    [
        ("stream", [0, 1, 100, *SHORT[3:]], 100, 3),
        ("compare_1", [0, 10], 7 * 10, 3),
    ],
)
def test_the_pages_runs_ask_for_as_long_as_they_take(zero, endpoint, inputs, steps, least):
    messages = list(events(zero, join(zero, endpoint, inputs)[1]))
    outputs = [message["output"] for message in messages if "output" in message]
    assert len(outputs) >= least, "frames come while it runs"
    assert "error" not in outputs[-1], outputs
    assert zero.scheduler.rests() and zero.scheduler.asked == [seconds_for(steps)]


@pytest.mark.parametrize("endpoint", ["generate", "stream"])
@pytest.mark.parametrize("how", ["cancels", "leaves"])
def test_who_cancels_or_leaves_gives_the_gpu_back(zero, endpoint, how):
    """The run would take minutes."""
    answer, session = join(zero, endpoint, LONG)
    until(zero, session, "process_generating")
    if how == "cancels":
        cancel(zero, endpoint, session, answer.json()["event_id"])
    assert zero.scheduler.rests()
    assert zero.scheduler.returned == [False]


def test_the_pages_stop_gives_the_gpu_back(zero):
    """Stop is known to the page's process alone, not to the worker."""
    known, session = functions(zero.url), "a session"
    event = {"session_hash": session, "event_data": {"run": "mine"}}
    started = {"data": LONG, "fn_index": known["stream"], **event}
    httpx.post(f"{zero.url}{ROOT}queue/join", json=started).raise_for_status()
    listening = events(zero, session)
    next(message for message in listening if message["msg"] == "process_generating")
    assert zero.scheduler.returned == []
    stop = {"data": [], "fn_index": known["_stop"], **event}
    httpx.post(f"{zero.url}{ROOT}run/predict", json=stop).raise_for_status()
    assert zero.scheduler.rests() and zero.scheduler.returned == [False]
    listening.close()


def test_a_refusal_gives_the_gpu_back(zero):
    assert "99" in call(zero, "generate", 0, 99, 10, *SHORT[3:])["error"]
    assert zero.scheduler.rests() and zero.scheduler.returned == [True]


def test_the_hub_counts_no_second_more_than_half_as_much_again():
    """COUNTED of `test_space.py`, by the package's own table of GPUs."""
    gpus = json.loads(files("spaces.zero").joinpath("configs.json").read_text())
    assert max(gpu["duration_factor"] for gpu in gpus) == 1.5
