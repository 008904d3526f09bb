"""The dashboard of a deployment in which nothing has happened yet."""

import pytest
from playwright.sync_api import Browser

from local.server import Gateway

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

A_MOMENT = 100
"""Milliseconds."""
PAGES = ("", "risk", "campaigns", "retention", "value", "leads", "track-record", "forms")


def test_every_page_says_that_there_is_nothing_yet(gateway: Gateway, browser: Browser) -> None:
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"http://127.0.0.1:{gateway.port}/")
    page.get_by_role("button", name="Sign in as admin").click()
    page.wait_for_selector("main h1")
    for place in PAGES:
        page.evaluate("place => { location.hash = place }", f"#/{place}")
        page.wait_for_timeout(A_MOMENT)  # until the page has heard of its address
        page.wait_for_selector("main [aria-busy=true]", state="detached")
        assert page.locator("main [role=alert]").count() == 0, place
        assert "NaN" not in page.inner_text("main"), place
        assert "Infinity" not in page.inner_text("main"), place
    assert errors == []
