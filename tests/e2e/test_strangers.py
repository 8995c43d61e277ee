"""What a stranger may ask of the server, and what it costs."""

import json
import os

import httpx
import pytest
from PIL import Image

from tests.e2e.service import LONG, ROOT, SHORT, call, comes_to_rest, functions, join, last

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

MARKED = {"meta": {"_type": "gradio.FileData"}}
INPUTS = {"forward": [5, 0, "linear", 2000, 1e-4, 2e-2], "compare": [700, 1, 0]}
"""What takes a picture, and the inputs after it."""


@pytest.mark.parametrize("endpoint", INPUTS)
def test_no_picture_of_the_machine_is_read(tiny, endpoint, tmp_path):
    """Whether it is marked as an upload, or is a path alone."""
    Image.new("RGB", (64, 64), "red").save(tmp_path / "secret.png")
    os.mkfifo(tmp_path / "pipe")
    for path in (*tmp_path.iterdir(), tmp_path, "/etc/shadow", "/no/such", "a\0b", "n" * 300):
        for mark in ({}, MARKED):
            picture = {"path": str(path), **mark}
            _, session = join(tiny, endpoint, [picture, *INPUTS[endpoint]])
            assert "error" in last(tiny, session)


@pytest.mark.soak  # it is given a minute; tests/test_streamed.py has the rule
def test_a_run_to_which_nobody_listens_ends(tiny):
    """Gradio keeps all that it says: 25 MB."""
    tiny.network.slow()
    answer, _ = join(tiny, "stream", LONG)
    assert answer.status_code == 200
    assert comes_to_rest(tiny)
    assert tiny.network.calls[LONG[1]] > 20, "it ended as soon as it began"


def test_a_huge_request_is_turned_away(tiny):
    answer, _ = join(tiny, "generate", [0, 1, 10, "small" * 4 * 2**20])
    assert answer.status_code == 413
    assert (
        "must be one of" in call(tiny, "generate", 0, 1, 10, "small" * 2**20, *SHORT[4:])["error"]
    )


def test_half_a_character_is_no_number(tiny):
    body = {"data": [0, "HALF", *SHORT[2:]], "fn_index": functions(tiny.url)["generate"]}
    text = json.dumps({**body, "session_hash": "half"}).replace("HALF", "\\ud800")
    headers = {"content-type": "application/json"}
    httpx.post(f"{tiny.url}{ROOT}queue/join", content=text, headers=headers).raise_for_status()
    assert last(tiny, "half")["error"].endswith("from 1 to 16; got ?.")


def test_a_referer_that_is_no_address_is_passed_over(tiny):
    _, session = join(tiny, "generate", SHORT, referer="http://[x")
    assert len(last(tiny, session)["data"][0]["images"]) == 1
