"""ms a step of cats-32 in headless Chromium, beside the server's backends, in turns.

`python benchmarks/browser.py --json out.json`. Needs Chromium and Playwright. A run is timed from
the call to the images. The page has as many workers as the name says, however many cores there
are; the server has all of them. Where others use the machine, the processor's time says more.
"""

import argparse
import functools
import os
import shutil
import statistics
import threading
import time
from pathlib import Path

import torch
from interleave import seated, write

MODEL = "cats-32"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
RUN = "([number, steps]) => model.sample({ number, steps }).then(() => null)"
START = """async ([module, address]) => {
  const begun = performance.now();
  const { load } = await import(module);
  globalThis.model = await load(address);
  for await (const step of model.stream({ steps: 10 })) return performance.now() - begun;
}"""


def serve():
    """The engine and the models below an address, in a thread of this process."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    from ddpm_hf.demo.web import model_files, modules

    page = Route("/", lambda _: HTMLResponse("<!doctype html>"))
    app = Starlette(routes=[page, modules.ROUTE, model_files.ROUTE])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    return f"http://127.0.0.1:{port}/", f"./modules/{modules.VERSION}/web/engine/ddpm.js"


def descendants(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [p for child in children for p in (int(child), *descendants(child))]


def cpu_seconds():
    """What this process and all below it have worked, of those that are still there."""
    threads = [
        thread for pid in descendants(os.getpid()) for thread in Path(f"/proc/{pid}/task").iterdir()
    ]
    below = sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
    return below + time.process_time()


def memory():
    """MB of all processes below this one, what is shared counted once."""
    total = 0
    for pid in descendants(os.getpid()):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def timed(run):
    """(batch, steps) → ms a step of `run`, by the clock and by the processor."""

    def work(asked):
        begun, worked = time.perf_counter(), cpu_seconds()
        run(*asked)
        seconds, worked = time.perf_counter() - begun, cpu_seconds() - worked
        return 1e3 * seconds / asked[1], 1e3 * worked / asked[1]

    return work


def browser(workers):
    from playwright.sync_api import sync_playwright

    address, module = serve()
    chromium = sync_playwright().start().chromium
    page = chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS).new_page()
    page.add_init_script(
        f"Object.defineProperty(navigator, 'hardwareConcurrency', {{ value: {workers} }})"
    )
    page.goto(address)
    before = memory()
    start = page.evaluate(START, [module, f"models/{MODEL}/"])

    run = timed(lambda *asked: page.evaluate(RUN, asked))

    def work(asked):
        if asked != "facts":
            return run(asked)
        page.evaluate(RUN, [4, 10])
        return {"start-up, s": start / 1e3, "memory, MB": memory() - before}

    return work


def server(backend):
    from ddpm_hf import DDPMPipeline

    pipeline = DDPMPipeline.from_pretrained(MODEL)
    pipeline.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(0)
    return timed(lambda batch, steps: pipeline(batch, generator, steps, backend=backend))


CONTENDERS = {
    "browser, 1 worker": functools.partial(browser, 1),
    "browser, 2 workers": functools.partial(browser, 2),
    "server eager": functools.partial(server, "eager"),
    "server auto": functools.partial(server, "auto"),
}


def summary(times):
    clock, processor = zip(*times, strict=True)
    figures = {"least": min(clock), "median": statistics.median(clock)}
    figures["of the processor, least"] = min(processor)
    return {what: round(x, 1) for what, x in figures.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write the result there")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    result = {}
    with seated(CONTENDERS) as seats:
        for batch in arguments.batch:
            times = {name: [] for name in seats}
            for ask in seats.values():
                ask((batch, arguments.steps))  # warm: browsers translate WebAssembly twice
            for _ in range(arguments.rounds):
                for name, ask in seats.items():
                    times[name].append(ask((batch, arguments.steps)))
            result[f"ms a step, batch {batch}"] = {n: summary(t) for n, t in times.items()}
        for name in ("browser, 1 worker", "browser, 2 workers"):
            result[name] = {what: round(x, 2) for what, x in seats[name]("facts").items()}
    write(result, arguments.json)


if __name__ == "__main__":
    main()
