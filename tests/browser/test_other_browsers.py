"""What other browsers do otherwise, where it can be had in Chromium."""

import re

import pytest
from playwright.sync_api import Browser, ViewportSize

from local.demo import Call
from local.server import Gateway
from tests.browser.visits import Visit

# SAM CLI calls what the libraries under it deprecate.
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

PHONE: ViewportSize = {"width": 360, "height": 740}
OLDER_CANADA = """
  const { DateTimeFormat } = Intl;
  Intl.DateTimeFormat = function (language, options) {
    return new DateTimeFormat(language === "en-CA" ? "en-US" : language, options);
  };
"""
"""Some versions of Safari write Canada's days as those of the United States."""
SMALL = """() => [...document.querySelectorAll("input, select, textarea")]
  .filter(each => parseFloat(getComputedStyle(each).fontSize) < 16)
  .map(each => each.outerHTML)"""
UNBREAKABLE = """() => [...document.querySelectorAll("main .card > .scrolled table")]
  .flatMap(table => {
    const around = [...table.querySelectorAll(".reasons")];
    for (let each = table.parentElement; each; each = each.parentElement) around.push(each);
    return around;
  })
  .filter(each => {
    const { containerType, display, minHeight } = getComputedStyle(each);
    return display !== "block" || containerType !== "normal" || parseFloat(minHeight) > 0;
  })
  .map(each => `${each.tagName}.${each.className}`)"""
"""Around or within a list, what other browsers leave in one piece or make as high as a page."""


def test_days_are_the_apis_whatever_a_language_makes_of_them(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    assert scored("GET", "/health").status == 200
    page = browser.new_page()
    page.add_init_script(OLDER_CANADA)
    visit = Visit(page, gateway)
    visit.sign_in("admin", "campaigns/new")
    day = page.get_by_label("Last day")
    for text in (day.input_value(), str(day.get_attribute("min"))):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", text)

    visit.go("costs")
    assert re.fullmatch(r"\d\d", page.get_by_role("combobox", name="Month").input_value())

    visit.go("forms/contact")
    [counted] = [each for each in visit.asked if each.startswith("/forms/analytics")]
    assert re.search(r"start=\d{4}-\d\d-\d\d&end=\d{4}-\d\d-\d\d", counted)


def test_a_page_that_was_left_for_a_new_sign_in_asks_for_one_again_when_it_is_back(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    assert scored("GET", "/health").status == 200
    page = browser.new_page()
    visit = Visit(page, gateway)
    visit.sign_in("admin")
    page.route("**/development/sign-in?*", lambda route: route.fulfill(status=204))  # it stays
    page.route("**/ltv/**", lambda route: route.fulfill(status=401))
    with page.expect_request("**/development/sign-in?*"):
        visit.go("value")

    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    with page.expect_request("**/development/sign-in?*"):
        page.get_by_role("button", name="Try again").first.click()


def test_nothing_that_is_typed_or_chosen_on_a_phone_is_smaller_than_it_reads(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    assert scored("GET", "/health").status == 200
    visit = Visit(browser.new_context(viewport=PHONE, has_touch=True).new_page(), gateway)
    visit.sign_in("admin")
    for place in (
        "",
        "risk",
        "costs",
        "campaigns/new",
        "retention?mode=brackets",
        "forms/new/edit",
    ):
        visit.go(place)
        assert visit.page.evaluate(SMALL) == [], place


def test_on_paper_a_list_may_go_on_on_the_next_page(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    assert scored("GET", "/health").status == 200
    visit = Visit(browser.new_page(), gateway)
    visit.sign_in("admin")
    for place in ("", "risk", "value", "leads", "retention", "customers/customer_123"):
        visit.page.emulate_media(media="screen")
        visit.go(place)
        visit.page.emulate_media(media="print")
        assert visit.page.evaluate(UNBREAKABLE) == [], place
