"""The dashboard of a deployment in which nothing has happened yet."""

import pytest
from playwright.sync_api import Browser

from local.server import Gateway
from tests.browser.visits import PAGES, Visit

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def test_every_page_says_that_there_is_nothing_yet(gateway: Gateway, browser: Browser) -> None:
    visit = Visit(browser.new_page(), gateway)
    errors: list[str] = []
    visit.page.on("pageerror", lambda error: errors.append(str(error)))
    visit.sign_in("admin")
    for place in PAGES:
        visit.go(place)
        assert visit.page.locator("main [role=alert]").count() == 0, place
        assert "NaN" not in visit.page.inner_text("main"), place
        assert "Infinity" not in visit.page.inner_text("main"), place
    assert errors == []
