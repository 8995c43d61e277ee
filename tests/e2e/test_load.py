"""Many callers at once, who wait, stop or leave as they like."""

import random
import threading
import time

import numpy as np
import psutil
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from gradio_client.utils import QueueError

from tests.e2e.service import join, until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

NUMBERS = (1, 4)
"""Of pictures: few shapes, all compiled before memory is looked at."""
GROWTH_MB = 100
"""How much larger the server may be after the run. Each open session has its share."""


class Caller(threading.Thread):
    """Asks again and again, and each time waits for the end, stops, or leaves."""

    def __init__(self, url, seed, until):
        super().__init__(daemon=True)
        self.url, self.until, self.rng = url, until, random.Random(seed)
        self.first_frames, self.done, self.refused, self.failed = [], [], [], []

    def run(self):
        client = Client(self.url, verbose=False)
        while time.monotonic() < self.until:
            act = self.rng.choice(["generate", "stop", "leave"])
            try:
                self.ask(client, act)
                self.done.append(act)
            except QueueError as error:
                self.refused.append(str(error))
                time.sleep(1)
            except AppError as error:
                self.failed.append(str(error))
            if act == "leave":
                client.close()
                client = Client(self.url, verbose=False)
        client.close()

    def ask(self, client, act):
        seed, number = self.rng.randrange(2**31), self.rng.choice(NUMBERS)
        begun = time.monotonic()
        if act == "leave":  # the protocol itself, to hang up in the middle
            answer, session = join(
                self, "stream", [seed, number, 500, "small", 1, "cats-32", "each", 1, "even"]
            )
            if answer.status_code == 503:
                raise QueueError("Queue is full")
            until(self, session, "process_generating")
            self.first_frames.append(time.monotonic() - begun)
            return
        job = client.submit(seed, number, 50, api_name="/stream")
        chunks = iter(job)
        next(chunks)
        self.first_frames.append(time.monotonic() - begun)
        if act == "stop":
            job.cancel()
        else:
            *_, last = chunks
            assert last["t"][-1] == 0, "the run ended before its picture"


def run_load(server, clients, seconds):
    """Run it; every request must be answered or refused, and the server be as before."""
    process = psutil.Process(server.process.pid)
    for number in NUMBERS * 2:
        Client(server.url, verbose=False).predict(0, number, 10, api_name="/stream")
    before = process.memory_info().rss / 2**20
    end = time.monotonic() + seconds
    callers = [Caller(server.url, seed, end) for seed in range(clients)]
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
    refused = [sentence for caller in callers for sentence in caller.refused]
    failed = [sentence for caller in callers for sentence in caller.failed]
    print(
        f"\n{clients} clients, {seconds} s: { ({act: done.count(act) for act in set(done)}) },"
        f" {len(refused)} refused; first frame, with the wait for a turn:"
        f" median {np.median(first_frames):.1f} s, p95 {np.percentile(first_frames, 95):.1f} s;"
        f" afterwards a run starts in {waited:.2f} s; memory {before:.0f} MB {growth:+.0f} MB"
    )
    assert not failed
    assert len(set(done)) == 3 and len(done) >= clients
    assert waited < 2, "a stale run holds a slot"
    assert growth < GROWTH_MB


def test_eight_clients(server):
    run_load(server, clients=8, seconds=30)


@pytest.mark.soak
def test_thirty_two_clients(server):
    run_load(server, clients=32, seconds=180)
