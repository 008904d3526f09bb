"""Somebody who is signed in to the dashboard, and what their browser asks the API for."""

from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

from local.server import Gateway

A_MOMENT = 60
"""Milliseconds in which nothing is asked for."""
LONGEST = 20_000
"""Milliseconds that a page may take."""
PAGES = ("", "risk", "campaigns", "retention", "value", "leads", "track-record", "forms")
OWN = ("/assets/", "/development/")
"""What the page needs for itself, which is no number of the business."""


class Visit:
    """A window of the dashboard."""

    def __init__(self, page: Page, gateway: Gateway) -> None:
        self.page = page
        self.asked: list[str] = []
        """Addresses of answers since the last `go` or `sign_in`; an answer is kept for a while."""
        self._own = f"http://127.0.0.1:{gateway.port}"
        self._pending: set[Request] = set()
        page.on("request", self._note)
        page.on("requestfinished", self._forget)
        page.on("requestfailed", self._forget)

    def sign_in(self, role: str, place: str = "") -> None:
        """By the development issuer, until the page shows all of it."""
        self.asked.clear()
        self.page.goto(f"{self._own}/?#/{place}")  # the page as a whole, not another part of it
        self.page.get_by_role("button", name=f"Sign in as {role}").click()
        self.page.wait_for_selector("main h1")
        self.settle()

    def go(self, place: str) -> None:
        """To another page of the dashboard, until it shows all of it."""
        self.asked.clear()
        self.page.evaluate("place => { location.hash = place }", f"#/{place}")
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is asked for, and nothing is about to be shown."""
        quiet = waited = 0
        while quiet < 2:
            self.page.wait_for_timeout(A_MOMENT)
            waited += A_MOMENT
            quiet = 0 if self._pending else quiet + 1
            assert waited < LONGEST, [each.url for each in self._pending]
        self.page.wait_for_selector("main [aria-busy=true]", state="detached")

    def shown(self, label: str) -> str:
        """The exact value beside a number's name."""
        number = self.page.locator(f".stat:has(dt:text-is('{label}')) strong data").first
        return str(number.get_attribute("value"))

    def _forget(self, request: Request) -> None:
        self._pending.discard(request)

    def _note(self, request: Request) -> None:
        self._pending.add(request)
        parts = urlsplit(request.url)
        is_own = parts.path == "/" or parts.path.startswith(OWN)
        if request.method == "GET" and parts.scheme == "http" and not is_own:
            self.asked.append(f"{parts.path}?{parts.query}" if parts.query else parts.path)
