"""The page of plain files as a visitor meets it: below a path of a plain file server."""

import functools
import http.server
import threading
from contextlib import contextmanager

from tests.e2e.windows import listened

TABS = ("generate", "forward", "jump", "noise", "schedule", "training", "equations")
ENGLISH, CHINESE = "en-US", "zh-CN"


class Handler(http.server.SimpleHTTPRequestHandler):
    """`python -m http.server`, but silent, and with a count of what it sent."""

    def log_message(self, *_):
        pass


@contextmanager
def served(folder):
    """The address at which this folder is served."""
    handler = functools.partial(Handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@contextmanager
def visitor(browser, **settings):
    """A page of a browser that has never been here; at the end: no error in its console."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **settings})
    page = listened(context.new_page())
    page.failed = []
    page.on("response", lambda r: page.failed.append(r.url) if r.status >= 400 else None)
    yield page
    assert not (page.errors or page.failed), (page.errors, page.failed)
    context.close()


def open_view(page, name):
    """Choose a tab; wait for what the view shows at first. `page` may be a frame."""
    page.locator(f"[role=tab][data-tab-id={name}]").click()
    shown = {
        "generate": "#player .screens",
        "forward": "#forward-page[data-chain=complete]",
        "jump": "#jump-picture canvas",
        "noise": "#playground[data-ready=true]",
        "schedule": "#schedule-page svg",
        "training": "#time_machine [data-part=all] svg path",
        "equations": "#equations_notes math",
    }
    page.locator(shown[name]).first.wait_for()


def kept_for_offline(page):
    """Wait until the service worker has all that it keeps after a first visit."""
    page.wait_for_function(
        """async () => {
          const names = await caches.keys();
          const ours = names.find((name) => name.startsWith("ddpm-page-"));
          return ours && (await caches.match("training/cats-32.json"));
        }"""
    )
