"""What the page costs its server, and how soon a visitor sees something: in the browser and on it.

`python benchmarks/page.py --json out.json`. app.py runs in a process of its own, the page in
headless Chromium. Needs Playwright. Seed 0 and the page's default settings: cats-32, 4 images,
100 steps. Runs in the browser and on the server take turns, all on this machine.

Times are the page's own clock: from the click to the frame in the canvas, which the next repaint
shows; a headless browser shows it nowhere. A visitor of the plan's address has a connection of its
own; its time is from the request to the whole answer, as this process's threads see it.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil
from browser import FLAGS
from interleave import write

PLACES = ("browser", "server")
STEPS = 100
AT_ONCE = 32
"""Visitors that ask at the same time."""
PATIENCE = 600_000
"""Milliseconds for a run."""
CLICK = """(untilDone) => new Promise((resolve) => {
  const player = document.querySelector("#player"),
    film = player.querySelector("[data-part=filmstrip]"),
    earlier = film.dataset.run,
    seconds = {},
    begun = performance.now();
  const observer = new MutationObserver(() => {
    if (film.dataset.run === earlier) return;
    const now = Math.round(performance.now() - begun) / 1e3;
    seconds.first ??= now;
    if (untilDone && !player.querySelector("[data-complete=true]")) return;
    observer.disconnect();
    resolve({ ...seconds, last: now });
  });
  observer.observe(player, { subtree: true, attributes: true });
  document.querySelector("#generate").click();
})"""


@contextmanager
def app():
    """The address and the process of `python app.py`."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    url, root = f"http://127.0.0.1:{port}/", Path(__file__).parents[1]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "GRADIO_SERVER_PORT": str(port)}
    command = [sys.executable, "app.py"]
    server = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(url)
                break
            except OSError:
                if server.poll() is not None:
                    raise SystemExit("app.py ended before it answered.") from None
                time.sleep(0.2)
        yield url, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait()


@contextmanager
def opened(url):
    """The page, with the engine and its workers ready."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = chromium.new_page(locale="en-US")
        page.set_default_timeout(PATIENCE)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(url)
        page.wait_for_function("performance.getEntriesByName('engine-ready').length")
        page.wait_for_load_state("networkidle")
        yield page
        chromium.close()


def at(page, place):
    """Have the next run there."""
    box = page.locator("#player").get_by_label("Run on the server")
    box.set_checked(place == "server")
    page.wait_for_timeout(500)  # what went before has come to rest


def whole_run(page, place, process):
    """Seconds to the first frame and to the last; of the server's CPU in the run, and in a second
    at rest before it; the addresses that the page asked for."""

    def cpu():
        times = process.cpu_times()
        return times.user + times.system

    at(page, place)
    before, begun = cpu(), time.perf_counter()
    page.wait_for_timeout(1000)
    rest = (cpu() - before) / (time.perf_counter() - begun)
    asked, before = len(page.asked), cpu()
    seconds = page.evaluate(CLICK, True)
    used = round(cpu() - before, 2)  # the clock has hundredths
    return {**seconds, "cpu": used, "rest": round(rest, 4), "asked": page.asked[asked:]}


def click(page, place):
    """Seconds to the first frame of a run that is then stopped."""
    at(page, place)
    seconds = page.evaluate(CLICK, False)
    page.click("#stop")
    page.wait_for_selector("#generate:not([data-running])")
    return seconds["first"]


def visit(address):
    """Seconds until the plan is there; raises if what comes is none."""
    begun = time.perf_counter()
    with urllib.request.urlopen(address) as answer:
        plan = json.load(answer)
    assert len(plan["timesteps"]) == STEPS, plan
    return time.perf_counter() - begun


def crowd(address, process, visitors):
    """All of them ask for the plan, some at once, and get it."""
    memory = {"before": process.memory_info().rss}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        times = list(pool.map(visit, [address] * visitors))
    memory["after"] = process.memory_info().rss
    return {
        "answered": len(times),
        "at once": AT_ONCE,
        **spread(times),
        "server's memory, MB": {when: round(rss / 2**20, 1) for when, rss in memory.items()},
    }


def spread(times):
    percents = {"least": 0, "median": 50, "p95": 95}
    return {name: round(float(np.percentile(times, p)), 4) for name, p in percents.items()}


def in_turns(n, what, measure):
    """measure(place) n times for each place, in turns."""
    measured = {place: [] for place in PLACES}
    for k in range(n):
        for place, each in measured.items():
            each.append(measure(place))
            print(f"{what} {k + 1} of {n}, {place}: {each[-1]}", file=sys.stderr, flush=True)
    return measured


def cpu_of(runs, rest):
    """Seconds of the server's CPU; also without what it takes at rest, `rest` a second."""
    in_all, last = (sum(run[what] for run in runs) for what in ("cpu", "last"))
    return {"in all": round(in_all, 2), "beyond rest": round(in_all - rest * last, 2)}


def measured(url, process, runs, clicks, visitors):
    with opened(url) as page:
        warm = in_turns(1, "warming", lambda place: whole_run(page, place, process))
        whole = in_turns(runs, "run", lambda place: whole_run(page, place, process))
        first = in_turns(clicks, "click", lambda place: click(page, place))
    asked = [address for run in (*warm["browser"], *whole["browser"]) for address in run["asked"]]
    (plan,) = {address for address in asked if "/plans/" in address}
    (settings,) = {urlsplit(a).query for a in warm["server"][0]["asked"] if "/queue/join" in a}
    rest = statistics.mean(run["rest"] for each in whole.values() for run in each)
    return {
        "settings": settings,
        f"server's CPU in {runs} runs, s": {
            "a second at rest": round(rest, 4),
            **{place: cpu_of(each, rest) for place, each in whole.items()},
        },
        f"requests of {runs + 1} runs in the browser": Counter(
            address.removeprefix(url) for address in asked
        ),
        f"4 x {STEPS} steps, s, n = {runs}": {
            place: spread([run["last"] for run in each]) for place, each in whole.items()
        },
        f"click to first frame, s, n = {clicks}": {
            place: spread(each) for place, each in first.items()
        },
        "visitors' plans, s": crowd(plan, process, visitors),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write the result there")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--clicks", type=int, default=30)
    parser.add_argument("--visitors", type=int, default=200)
    arguments = parser.parse_args()
    with app() as (url, process):
        result = measured(url, process, arguments.runs, arguments.clicks, arguments.visitors)
    write(result, arguments.json)


if __name__ == "__main__":
    main()
