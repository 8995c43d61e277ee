"""What a first visit of the page loads, and how soon it shows something, on a slow line.

`python benchmarks/first_visit.py --json out.json`. app.py runs in a process of its own, the page in
headless Chromium, with nothing in its cache, behind a line of 1.6 Mbit/s that Chromium emulates
(no further delay). Needs Playwright. Bytes are as they are sent, compressed and with headers; the
first frame is that of the recorded run, in the player.
"""

import argparse
import shutil
import statistics
import sys

from browser import FLAGS
from interleave import write
from page import app

MEGABITS = 1.6
MARKS = """
  const marks = (window.marks = {}),
    seen = {
      firstFrame: () => document.querySelector("#player [data-part=filmstrip]")?.dataset.run,
      usable: () => document.querySelector("#link textarea, #link input")?.value,
    };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) marks[entry.name] = entry.startTime;
  }).observe({ type: "paint", buffered: true });
  const look = () => {
    for (const [name, is] of Object.entries(seen)) if (is()) marks[name] ??= performance.now();
    requestAnimationFrame(look);
  };
  look();
"""


def listened(network):
    """(seconds, bytes) of each answer that comes whole, and when each is asked for."""
    answers, asked = [], []
    network.send("Network.enable")
    line = {"offline": False, "latency": 0, "uploadThroughput": -1}
    line["downloadThroughput"] = MEGABITS * 1e6 / 8
    network.send("Network.emulateNetworkConditions", line)
    network.on("Network.requestWillBeSent", lambda it: asked.append(it["timestamp"]))
    network.on(
        "Network.loadingFinished",
        lambda it: answers.append((it["timestamp"], it["encodedDataLength"])),
    )
    return answers, asked


def visit(browser, url):
    """Seconds until something is painted, a frame is in the player, and Generate can be pressed;
    answers and kilobytes until the latter two."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.set_default_timeout(120_000)
    answers, asked = listened(context.new_cdp_session(page))
    page.add_init_script(MARKS)
    page.goto(url)
    page.wait_for_function("window.marks.usable && window.marks.firstFrame")
    marks = {name: at / 1000 for name, at in page.evaluate("window.marks").items()}
    context.close()
    begun, told = asked[0], {}
    for name in ("firstFrame", "usable"):
        until = begun + marks[name]
        told[name] = {
            "s": round(marks[name], 2),
            "answers": sum(at <= until for at, _ in answers),
            "kB": round(sum(size for at, size in answers if at <= until) / 1000),
        }
    return {"first paint, s": round(marks["first-contentful-paint"], 2), **told}


def median(visits):
    """The median of each number."""
    return {
        name: median([each[name] for each in visits])
        if isinstance(value, dict)
        else statistics.median(each[name] for each in visits)
        for name, value in visits[0].items()
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write the result there")
    parser.add_argument("--visits", type=int, default=5)
    arguments = parser.parse_args()
    from playwright.sync_api import sync_playwright

    visits = []
    with app() as (url, _), sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for _ in range(arguments.visits):
            visits.append(visit(chromium, url))
            print(visits[-1], file=sys.stderr, flush=True)
        chromium.close()
    write({f"median of {len(visits)}": median(visits), "visits": visits}, arguments.json)


if __name__ == "__main__":
    main()
