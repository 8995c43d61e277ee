"""Many callers at once, who wait, stop or leave as they like."""

import random
import threading
import time

import numpy as np
import psutil
import pytest
from gradio_client import Client

from tests.e2e.service import cancel, events, join, until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning"),
]

NUMBERS = (1, 4)
"""Of pictures: few shapes, all compiled before memory is looked at."""
GROWTH_MB = 100
"""How much larger the server may be after the run. Each open session has its share."""


class Caller(threading.Thread):
    """Asks again and again, and each time waits for the end, stops, or leaves.

    It speaks the protocol itself: gradio_client's iterator over a run waits for ever when the run
    is refused, or its stream closes just as it is asked for.
    """

    def __init__(self, server, seed, until):
        super().__init__(daemon=True)
        self.server, self.until, self.rng = server, until, random.Random(seed)
        self.first_frames, self.done, self.refused = [], [], 0

    def run(self):
        while time.monotonic() < self.until:
            self.ask(self.rng.choice(["generate", "stop", "leave"]))

    def ask(self, act):
        seed, number = self.rng.randrange(2**31), self.rng.choice(NUMBERS)
        steps = 500 if act == "leave" else 50
        settings = [seed, number, steps, "small", 1, "cats-32", "each", 1, "even"]
        begun = time.monotonic()
        answer, session = join(self.server, "stream", settings)
        if answer.status_code == 503:  # the queue is full
            self.refused += 1
            time.sleep(1)
            return
        answer.raise_for_status()
        reading = events(self.server, session)
        ends = "process_generating", "process_completed"
        first = next(message for message in reading if message["msg"] in ends)
        assert first["msg"] == "process_generating", first
        self.first_frames.append(time.monotonic() - begun)
        if act == "leave":
            reading.close()
        else:
            if act == "stop":
                cancel(self.server, "stream", session, answer.json()["event_id"])
            *_, last, closing = reading
            assert closing["msg"] == "close_stream", closing
            assert last["success"], last
            if act == "generate":
                assert last["output"]["data"][0]["t"][-1] == 0, "ended before its picture"
        self.done.append(act)


def run_load(server, clients, seconds):
    """Run it; every request must be answered or refused, and the server be as before."""
    process = psutil.Process(server.process.pid)
    for number in NUMBERS * 2:
        Client(server.url, verbose=False).predict(0, number, 10, api_name="/stream")
    before = process.memory_info().rss / 2**20
    end = time.monotonic() + seconds
    callers = [Caller(server, seed, end) for seed in range(clients)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(seconds + 120)
    assert not any(caller.is_alive() for caller in callers), "a request got no answer"

    _, session = join(server, "generate", [0, 1, 10, "small", 1, "cats-32", "each", 1, "even"])
    begun = time.monotonic()
    until(server, session, "process_starts")
    waited = time.monotonic() - begun
    time.sleep(2)
    growth = process.memory_info().rss / 2**20 - before
    first_frames = [seconds for caller in callers for seconds in caller.first_frames]
    done = [act for caller in callers for act in caller.done]
    refused = sum(caller.refused for caller in callers)
    print(
        f"\n{clients} clients, {seconds} s: { ({act: done.count(act) for act in set(done)}) },"
        f" {refused} refused; first frame, with the wait for a turn:"
        f" median {np.median(first_frames):.1f} s, p95 {np.percentile(first_frames, 95):.1f} s;"
        f" afterwards a run starts in {waited:.2f} s; memory {before:.0f} MB {growth:+.0f} MB"
    )
    assert len(set(done)) == 3 and len(done) >= clients
    assert waited < 2, "a stale run holds a slot"
    assert growth < GROWTH_MB


def test_eight_clients(server):
    run_load(server, clients=8, seconds=30)


@pytest.mark.soak
def test_thirty_two_clients(server):
    run_load(server, clients=32, seconds=180)
