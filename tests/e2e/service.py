"""Gradio's own protocol, bare: what a caller sends, and what comes back."""

import json
import uuid
from functools import cache

import httpx

ROOT = "gradio_api/"
LONG = [0, 16, 2000, "small", 1, "cats-32", "each", 1, "even", "ddpm"]
SHORT = [0, 1, 10, "small", 1, "cats-32", "each", 1, "even", "ddpm"]
"""The inputs of /generate and /stream; the numbers of pictures tell the runs apart."""


@cache
def functions(url):
    """The page's events: name → number."""
    return {f["api_name"]: f["id"] for f in httpx.get(f"{url}config").json()["dependencies"]}


def join(server, endpoint, data, session=None, **headers):
    """Put a run into the queue; the answer, and the session's name."""
    session = session or uuid.uuid4().hex
    index = functions(server.url)[endpoint]
    body = {"data": data, "fn_index": index, "session_hash": session}
    answer = httpx.post(f"{server.url}{ROOT}queue/join", json=body, headers=headers)
    return answer, session


def cancel(server, endpoint, session, event):
    """End a run, as the page's Stop does."""
    body = {"session_hash": session, "fn_index": functions(server.url)[endpoint], "event_id": event}
    httpx.post(f"{server.url}{ROOT}cancel", json=body).raise_for_status()


def events(server, session):
    """The session's messages, as they come; to stop reading is to leave."""
    address = f"{server.url}{ROOT}queue/data?session_hash={session}"
    with httpx.stream("GET", address, timeout=120) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                yield json.loads(line[5:])


def until(server, session, kind):
    """Reads on to the first message of this kind, and leaves."""
    reading = events(server, session)
    found = next(message for message in reading if message["msg"] == kind)
    reading.close()
    return found


def last(server, session):
    """How the session's run ended: its output, or its error."""
    (end,) = (m for m in events(server, session) if m["msg"] == "process_completed")
    return end["output"]


def call(server, endpoint, *data, **headers):
    """Run an endpoint to its end: its output, or its error."""
    return last(server, join(server, endpoint, list(data), **headers)[1])


def comes_to_rest(tiny):
    """Whether the long runs on the tiny server end before their last step.

    They have when one picture is drawn, at the pace of a slowed network, and none of their steps is
    taken meanwhile.
    """
    tiny.network.slow()
    calls, long = tiny.network.calls, LONG[1]
    before = -1
    while before < calls[long] < LONG[2]:
        before = calls[long]
        assert len(call(tiny, "generate", *SHORT)["data"][0]["images"]) == SHORT[1]
    return calls[long] == before
