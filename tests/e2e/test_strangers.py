"""What a stranger may ask of the server, and what it costs."""

import json
import os
import time

import httpx
import pytest
from PIL import Image

from tests.e2e.service import ROOT, events, functions, join
from tests.e2e.test_service import LONG, SHORT, idle_seconds

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

INPUTS = {"mix": ["linear", 2000, 1e-4, 2e-2, False], "compare": [700, 1, 0]}
"""The views that take a picture, and their inputs after it."""


def last(server, session):
    """How the session's run ended: its output, or its error."""
    (end,) = (m for m in events(server, session) if m["msg"] == "process_completed")
    return end["output"]


@pytest.mark.parametrize("endpoint", INPUTS)
def test_no_picture_of_the_machine_is_read(server, endpoint, tmp_path):
    Image.new("RGB", (64, 64), "red").save(tmp_path / "secret.png")
    os.mkfifo(tmp_path / "pipe")
    for path in (*tmp_path.iterdir(), tmp_path, "/etc/shadow", "/no/such", "a\0b", "n" * 300):
        _, session = join(server, endpoint, [{"path": str(path)}, *INPUTS[endpoint]])
        assert "not on the server; please choose it again" in last(server, session)["error"]


@pytest.mark.parametrize("endpoint", INPUTS)
def test_what_was_sent_is_read(server, endpoint, tmp_path):
    Image.new("RGB", (64, 64), "red").save(tmp_path / "own.png")
    with (tmp_path / "own.png").open("rb") as file:
        (path,) = httpx.post(f"{server.url}{ROOT}upload", files={"files": file}).json()
    _, session = join(server, endpoint, [{"path": path}, *INPUTS[endpoint]])
    assert "error" not in last(server, session)


def test_a_run_to_which_nobody_listens_ends(server):
    """Gradio keeps all that it says: 25 MB."""
    idle_seconds(server)
    before = server.cpu_seconds()
    answer, _ = join(server, "stream", LONG)
    assert answer.status_code == 200
    while server.cpu_seconds() < before + 1:
        time.sleep(0.1)
    idle_seconds(server)


def test_a_huge_request_is_turned_away(server):
    answer, _ = join(server, "generate", [0, 1, 10, "small" * 4 * 2**20])
    assert answer.status_code == 413
    assert join(server, "generate", [0, 1, 10, "small" * 2**20])[0].status_code == 200


def test_half_a_character_is_no_number(server):
    body = {"data": [0, "HALF", *SHORT[2:]], "fn_index": functions(server.url)["generate"]}
    text = json.dumps({**body, "session_hash": "half"}).replace("HALF", "\\ud800")
    headers = {"content-type": "application/json"}
    httpx.post(f"{server.url}{ROOT}queue/join", content=text, headers=headers).raise_for_status()
    assert last(server, "half")["error"].endswith("from 1 to 16; got ?.")


def test_a_referer_that_is_no_address_is_passed_over(server):
    _, session = join(server, "generate", SHORT, referer="http://[x")
    assert len(last(server, session)["data"][0]["images"]) == 1
