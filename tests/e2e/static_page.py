"""The page of plain files as a visitor meets it: below a path of a plain file server."""

import functools
import http.server
import threading
import time
from contextlib import contextmanager

from tests.e2e.windows import PATIENCE, listened

ENGLISH, CHINESE = "en-US", "zh-CN"
SHOWN = {
    "generate": "#player .screens",
    "forward": "[data-chain=complete]",
    "jump": "#jump-picture canvas",
    "edit": "#edit-row figure canvas",
    "bayes": "#bayes-page svg path.posterior",
    "noise": "[data-ready=true]",
    "schedule": "#schedule-page svg",
    "training": "#training_replay [data-part=all] svg path",
    "equations": "#equations_notes :is(math, .katex)",
}
"""What each view shows at first."""


class Site(http.server.ThreadingHTTPServer):
    """`python -m http.server` for a folder, at `url`.

    sent: (path, bytes) of each answer. held: by the end of a path, what its answer waits for.
    """

    def __init__(self, folder):
        self.sent, self.held = [], {}
        handler = functools.partial(_Handler, directory=str(folder))
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        for ending, event in self.server.held.items():
            assert not self.path.endswith(ending) or event.wait(PATIENCE / 1000)
        super().do_GET()

    def copyfile(self, source, outputfile):
        content = source.read()
        self.server.sent.append((self.path, len(content)))
        outputfile.write(content)


@contextmanager
def served(folder):
    """The folder's `Site`, while it runs."""
    site = Site(folder)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield site
    site.shutdown()
    site.server_close()


@contextmanager
def visitor(browser, **settings):
    """A page of a browser that has never been here; at the end: no error in its console."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **settings})
    context.set_default_timeout(PATIENCE)
    page = listened(context.new_page())
    page.failed = []
    page.on("response", lambda r: page.failed.append(r.url) if r.status >= 400 else None)
    yield page
    assert not (page.errors or page.failed), (page.errors, page.failed)
    context.close()


def open_view(page, name):
    """Choose a tab; wait for what the view shows at first. `page` may be a frame."""
    page.locator(f"[role=tab][data-tab-id={name}]").click()
    page.locator(SHOWN[name]).first.wait_for()


def kept_for_offline(page, *paths):
    """Wait until the service worker has what it keeps at a first visit, and these files."""
    kept = """async (paths) => {
      const found = await Promise.all(paths.map((path) => caches.match(path)));
      return navigator.serviceWorker.controller?.state === "activated" && found.every(Boolean);
    }"""
    until = time.monotonic() + PATIENCE / 1000
    # `wait_for_function` takes any promise for a yes.
    while not page.evaluate(kept, paths):
        assert time.monotonic() < until, "the service worker has not kept them"
        time.sleep(0.1)
