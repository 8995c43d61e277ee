"""A browser's windows, opened once, and the checks of every page that is visited in them."""

from contextlib import contextmanager

BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000
"""Milliseconds until what was waited for will not come: the machine may be busy."""


class Windows:
    """A window of each name for each kind of browser.

    A page that is opened in one again comes from its cache, three times as fast.
    """

    def __init__(self, browser):
        self._browser, self._pages = browser, {}

    def page(self, name, color_scheme="light", viewport=None, **kind):
        """The window's page. kind: locale, has_touch, device_scale_factor.

        It has two lists more: `errors`, of the console, and `requests`, all addresses.
        """
        key = (name, *sorted(kind.items()))
        if key not in self._pages:
            # Of two pages in one context the one behind would not be drawn.
            context = self._browser.new_context(**{"locale": "en-US", **kind})
            context.set_default_timeout(PATIENCE)
            self._pages[key] = listened(context.new_page())
        page = self._pages[key]
        page.set_viewport_size(viewport or {"width": 1280, "height": 720})
        page.emulate_media(color_scheme=color_scheme)
        return page


def listened(page):
    page.errors, page.requests = [], []
    page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url))
    return page


def ready(page):
    """Wait until the page has read its address: then the link to it is written."""
    page.wait_for_function("document.querySelector('#link textarea, #link input')?.value")


def leave(page):
    """Leave the page. What goes on there ends, and says so in the console: that is no error."""
    page.evaluate("0")  # what was said before is heard by now
    errors = [*page.errors]
    page.goto("about:blank")
    page.errors[:] = errors


@contextmanager
def visits(url, windows, name=""):
    """Open pages of this server; at the end: no console error, no request that left the server."""
    pages = []

    def open_page(address="", **settings):
        page = windows.page(name, **settings)
        if page in pages:
            leave(page)
        else:
            pages.append(page)
        page.goto(url + address)
        ready(page)
        return page

    yield open_page
    for page in pages:
        page.unroute_all(behavior="ignoreErrors")  # an answer held back need not come
        leave(page)
        errors, requests = [*page.errors], [*page.requests]
        page.errors.clear()
        page.requests.clear()
        away = [address for address in requests if not address.startswith((url, "data:", "blob:"))]
        assert not (away or errors), (away, errors)
