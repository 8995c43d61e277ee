"""Many callers at once, who wait, stop or leave as they like."""

import itertools
import random
import threading
import time

import numpy as np
import psutil
import pytest

from tests.e2e.service import LONG, SHORT, call, cancel, events, join, until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning"),
]

ACTS = ("generate", "stop", "leave")
NUMBERS = (1, 4)
"""Of pictures: few shapes, all compiled before memory is looked at."""
GROWTH_MB = 100
"""How much larger the server may be after the run. Each open session has its share."""


class Caller(threading.Thread):
    """Asks again and again, and each time waits for the end, stops, or leaves.

    It speaks the protocol itself: gradio_client's iterator over a run waits for ever when the run
    is refused, or its stream closes just as it is asked for.
    """

    def __init__(self, server, seed, acts):
        super().__init__(daemon=True)
        self.server, self.acts, self.rng = server, acts, random.Random(seed)
        self.first_frames, self.done, self.refused = [], [], 0

    def run(self):
        for act in self.acts:
            self.ask(act)

    def ask(self, act):
        seed, number = self.rng.randrange(2**31), self.rng.choice(NUMBERS)
        steps = 500 if act == "leave" else 50
        begun = time.monotonic()
        answer, session = join(self.server, "stream", [seed, number, steps, *SHORT[3:]])
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


def served(callers):
    """Run them to their ends: each request is answered or refused."""
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(600)
    assert not any(caller.is_alive() for caller in callers), "a request got no answer"


@pytest.mark.soak
def test_each_of_eight_clients_is_served(tiny):
    tiny.network.slow()
    orders = itertools.islice(itertools.cycle(itertools.permutations(ACTS)), 8)
    callers = [Caller(tiny, seed, acts) for seed, acts in enumerate(orders)]
    served(callers)
    assert all(sorted(caller.done) == sorted(ACTS) for caller in callers)
    before = tiny.network.calls.total()
    assert call(tiny, "generate", *SHORT)["data"]
    assert tiny.network.calls.total() - before < 20, "a stale run goes on"


@pytest.mark.soak
@pytest.mark.parametrize(("clients", "seconds"), [(8, 30), (32, 180)])
def test_the_trained_model_serves_a_crowd(server, clients, seconds):
    """And the server is as before."""
    process = psutil.Process(server.process.pid)
    for number in NUMBERS * 2:
        call(server, "stream", 0, number, *SHORT[2:])
    before = process.memory_info().rss / 2**20
    end = time.monotonic() + seconds

    def acts(seed):
        chosen = random.Random(seed)
        while time.monotonic() < end:
            yield chosen.choice(ACTS)

    callers = [Caller(server, seed, acts(seed)) for seed in range(clients)]
    served(callers)
    call(server, "generate", *SHORT)
    time.sleep(2)
    growth = process.memory_info().rss / 2**20 - before
    first_frames = [seconds for caller in callers for seconds in caller.first_frames]
    done = [act for caller in callers for act in caller.done]
    refused = sum(caller.refused for caller in callers)
    print(
        f"\n{clients} clients, {seconds} s: { ({act: done.count(act) for act in set(done)}) },"
        f" {refused} refused; first frame, with the wait for a turn:"
        f" median {np.median(first_frames):.1f} s, p95 {np.percentile(first_frames, 95):.1f} s;"
        f" memory {before:.0f} MB {growth:+.0f} MB"
    )
    assert len(set(done)) == 3 and len(done) >= clients
    assert growth < GROWTH_MB


@pytest.mark.soak
@pytest.mark.parametrize("endpoint", ["generate", "stream"])
def test_who_leaves_costs_no_more(server, endpoint):
    """By the processor's time, whatever else goes on in the server."""

    def at_rest():
        before = server.cpu_seconds()
        time.sleep(0.5)
        return server.cpu_seconds() - before < 0.15

    while not at_rest():
        pass
    for _ in range(4):  # twice as many as run at once
        until(server, join(server, endpoint, LONG)[1], "process_generating")
    left = time.monotonic()
    while not at_rest():
        assert time.monotonic() - left < 20, "it computes 20 seconds later"
    print(f"\n/{endpoint}: computing ends {time.monotonic() - left - 0.5:.1f} s after leaving")
