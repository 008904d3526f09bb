"""Pages as people read them: few choices first, whole tables on a phone and on paper, titles."""

import re
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from local.demo import Call
from local.past_campaign import CAMPAIGN_ID, NAME, run_past_campaign
from local.server import Gateway
from succotash.container import container
from tests.browser.visits import Visit

# SAM CLI calls what the libraries under it deprecate.
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 860}
LISTS = {
    "": "Why",
    "risk": "Why",
    "campaigns": "Budget",
    "value": "Risk",
    "leads": "Last wrote",
    "forms": "Changed",
    "forms/contact": "Held for",
    "customers/customer_123": "Amount",
}
"""Pages with a list, and a column of it that once lay outside a phone's screen."""
UNREAD = """() => [...document.querySelectorAll("main .card > .scrolled :is(th, td)")]
  .filter(each => each.closest("tbody") && !each.closest(".heat") && !each.matches(".none"))
  .filter(each => {
    const box = each.getBoundingClientRect();
    return box.left < 0 || box.right > innerWidth || each.scrollWidth > each.clientWidth + 1;
  })
  .map(each => each.textContent)"""
"""Cells that are not wholly on the screen, or do not hold what is in them, if there is anything."""
BEYOND = """() => [...document.querySelectorAll("main :is(th, td)")]
  .filter(each => each.offsetWidth)
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.textContent)"""


LINES = """() => [...document.querySelectorAll("main .card > .scrolled .many tbody tr")]
  .map(each => {
    const { paddingTop, paddingBottom, lineHeight } = getComputedStyle(each);
    const height = each.offsetHeight - parseFloat(paddingTop) - parseFloat(paddingBottom);
    return height / parseFloat(lineHeight);
  })"""
"""The heights of rows in lines of their text."""
THUMB = 44
"""Pixels that what is pressed is high on a phone, by WCAG 2.2 (2.5.5)."""
TOO_SMALL = """least => ["a", "button", "input", "select", "summary", "textarea"]
  .flatMap(each => [...document.querySelectorAll(each)])
  .filter(each => each.checkVisibility() && !each.matches(".skip"))
  .map(each => each.closest(".tick") ?? each)
  .filter(each => each.getBoundingClientRect().height < least - 0.5)
  .map(each => each.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def deployment(scored: Call) -> Call:
    """The demo with a campaign that is over, of which nobody reported what became of it."""
    assert run_past_campaign(container)
    return scored


def visit_of(browser: Browser, gateway: Gateway, size: ViewportSize, place: str = "") -> Visit:
    visit = Visit(browser.new_page(viewport=size), gateway)
    visit.sign_in("admin", place)
    return visit


def told(page: Page) -> list[dict[str, Any]]:
    """What Chromium tells a screen reader: the tree of the page, without what is ignored."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    return [each for each in nodes if not each["ignored"]]


def names(page: Page, role: str) -> list[str]:
    return [each["name"]["value"] for each in told(page) if each["role"]["value"] == role]


def test_rows_of_lists_are_read_on_a_phone_without_scrolling_sideways(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    assert deployment("GET", "/health").status == 200
    visit = visit_of(browser, gateway, PHONE)
    for place, column in LISTS.items():
        visit.go(place)
        cells = visit.page.locator(f".card > .scrolled td[data-label='{column}']")
        assert cells.count() > 0, place
        assert visit.page.evaluate(UNREAD) == [], place


def test_customers_at_risk_are_scanned_on_a_phone(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    listed = deployment("GET", "/retention/customers?risk=high&limit=25").body["customers"]
    page = visit_of(browser, gateway, PHONE, "risk").page
    lines = page.evaluate(LINES)
    assert len(lines) == len(listed) > 0
    assert max(lines) <= 5, "a line of the name, one of the reason, and facts in up to three"
    for each in listed[:3]:
        row = page.locator("tbody tr", has_text=each["customer_id"])
        value = row.locator("td[data-label='Value at risk']").bounding_box()
        name = row.locator("[role=rowheader]").bounding_box()
        assert name
        assert value
        assert value["y"] == pytest.approx(name["y"], abs=2)


def test_what_is_pressed_on_a_phone_has_room_for_a_thumb(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    assert deployment("GET", "/health").status == 200
    visit = visit_of(browser, gateway, PHONE)
    for place in (*LISTS, "retention", "campaigns/new", "forms/contact/edit", "costs"):
        visit.go(place)
        assert visit.page.evaluate(TOO_SMALL, THUMB) == [], place

    visit.go("risk")
    visit.page.locator(".tick").first.click(position={"x": 2, "y": THUMB - 2})
    expect(visit.page.get_by_role("checkbox").first).to_be_checked()


def test_rows_on_a_phone_are_rows_of_a_table_to_a_screen_reader(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    listed = deployment("GET", "/retention/customers?risk=high&limit=25").body["customers"]
    on_a_desk = visit_of(browser, gateway, DESK, "risk").page
    on_a_phone = visit_of(browser, gateway, PHONE, "risk").page
    headings = ["Customer", "Value at risk", "Chance of leaving", "Why", "Value", "Last seen"]
    for page in (on_a_desk, on_a_phone):
        assert names(page, "columnheader")[-7:] == ["Select", *headings]
        assert names(page, "rowheader") == [each["customer_id"] for each in listed]
    for role in ("table", "row", "gridcell", "cell", "checkbox"):
        assert names(on_a_phone, role) == names(on_a_desk, role), role


def test_what_is_cut_off_says_so_until_its_end_is_seen(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    assert deployment("GET", "/health").status == 200
    page = visit_of(browser, gateway, DESK, "retention?period=week").page
    place = page.locator(".scroll:has(.heat)")
    more = page.get_by_text("More to the right")
    assert more.is_visible()

    place.evaluate("each => { each.scrollLeft = each.scrollWidth }")
    more.wait_for(state="detached")
    cohort = place.locator("tbody th").first.bounding_box()
    assert cohort is not None
    assert cohort["x"] == pytest.approx(place.evaluate("each => each.getBoundingClientRect().left"))


def test_months_fit_on_a_screen_and_are_no_stop_of_the_keyboard(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    months = deployment("GET", "/retention/cohorts?period=month").body["average"]
    page = visit_of(browser, gateway, DESK, "retention").page
    place = page.locator(".scroll:has(.heat)")
    assert place.locator("thead th").count() == len(months) + 2
    assert place.evaluate("each => each.scrollWidth <= each.clientWidth")
    assert place.get_attribute("tabindex") is None
    assert page.get_by_text("More to the right").count() == 0


def test_labels_below_columns_do_not_meet(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    assert deployment("GET", "/health").status == 200
    page = visit_of(browser, gateway, DESK, "retention?period=week").page
    labels = page.locator("figure:has-text('dormant') .axis text[text-anchor=middle]").all()
    boxes = [box for each in labels if (box := each.bounding_box())]
    assert len(boxes) > 3
    assert [one for one, other in pairwise(boxes) if one["x"] + one["width"] > other["x"]] == []


def test_on_paper_a_wide_heat_map_has_every_column(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    weeks = deployment("GET", "/retention/cohorts?period=week").body["average"]
    page = visit_of(browser, gateway, {"width": 718, "height": 1040}, "retention?period=week").page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_selector(".heat + .heat")
    columns = page.locator(".heat thead th:nth-child(n + 3)").all_inner_texts()
    assert columns == [str(each["offset"]) for each in weeks]
    assert page.evaluate(BEYOND) == []

    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_selector(".heat + .heat", state="detached")


def test_further_options_are_opened_by_keyboard_or_by_the_address(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    assert deployment("GET", "/health").status == 200
    visit = visit_of(browser, gateway, DESK, "retention")
    page = visit.page
    choices = page.locator("main .controls :is(select, input)")
    assert [each.is_visible() for each in choices.all()].count(True) == 3
    assert "More options" in names(page, "DisclosureTriangle")

    page.get_by_label("Rate of").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('label').innerText").startswith("Counted")
    page.get_by_label("Counted").select_option("unbounded")
    visit.settle()
    page.get_by_label("Counted").select_option("nday")
    visit.settle()
    assert page.get_by_label("Counted").is_visible()  # the keyboard is still there

    visit.sign_in("admin", "retention?entry=recurring&start=1997-02-01")
    assert page.get_by_label("Entry").is_visible()
    assert page.get_by_label("Cohorts from").input_value() == "1997-02-01"


def test_options_that_are_not_as_usual_are_told_where_they_are_not_seen(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    assert deployment("GET", "/health").status == 200
    visit = visit_of(browser, gateway, DESK, "retention?entry=recurring&start=1997-02-01")
    page = visit.page
    told_of = page.get_by_text("Entry: Each period; Cohorts from 1 Feb 1997")
    assert not told_of.is_visible()
    page.get_by_text("More options").click()
    assert told_of.is_visible()
    page.get_by_text("More options").click()
    page.emulate_media(media="print")
    assert told_of.is_visible()
    assert not page.get_by_text("More options").is_visible()
    assert not page.get_by_label("Entry").is_visible()

    page.emulate_media(media="screen")
    visit.sign_in("admin", "retention")
    page.emulate_media(media="print")
    assert not page.locator(".options").is_visible()


def test_rates_of_which_nothing_was_reported_are_not_zero(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    metrics = deployment("GET", f"/retention/campaigns/{CAMPAIGN_ID}/performance").body["metrics"]
    assert metrics["opened"] > 0 == metrics["converted"] == metrics["bounced"]
    page = visit_of(browser, gateway, DESK, f"campaigns/{CAMPAIGN_ID}").page
    messages = page.locator("figure:has-text('messages left') .bars li")
    told = dict(each.inner_text().split("\n")[:2] for each in messages.all())
    rates = ("Left, of those assigned", "Delivered, of those sent", "Opened", "Clicked")
    assert all(re.fullmatch(r"[1-9][\d.]*%", told.pop(each)) for each in rates)
    assert told == {
        "Converted": "not reported",
        "Bounced": "none reported",
        "Unsubscribed": "none reported",
        "Reported as spam": "none reported",
    }


def test_titles_name_the_thing_and_no_person(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    lead = deployment("GET", "/leads").body["leads"][0]["lead_id"]
    title = deployment("GET", "/forms/contact").body["title"]
    visit = visit_of(browser, gateway, DESK)
    for place, named in {
        f"campaigns/{CAMPAIGN_ID}": f"Campaign: {NAME}",
        "forms/contact": f"Form: {title}",
        "forms/contact/edit": "Edit the form: contact",
        "new-form": "New form",
        f"leads/{lead}": f"Lead: {lead}",
        "customers/customer_123": "Customer: customer_123",
        "risk": "Risk",
    }.items():
        visit.go(place)
        assert visit.page.title() == f"{named} · Succotash"
    visit.go("forms")
    visit.go("forms/contact")  # whose title is known by now
    assert visit.page.title() == f"Form: {title} · Succotash"


def test_selecting_is_told_and_what_to_do_with_it_stays_in_sight(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    listed = deployment("GET", "/retention/customers?risk=high&limit=25").body["customers"]
    page = visit_of(browser, gateway, PHONE, "risk").page
    page.get_by_label(f"Select {listed[-1]['customer_id']}").check()
    page.get_by_role("status").filter(has_text="1 selected").wait_for(state="attached")
    box = page.get_by_role("link", name="Make a campaign of the 1 selected").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < PHONE["height"]


def test_the_keyboard_keeps_its_place_where_what_was_pressed_is_gone(
    gateway: Gateway, deployment: Call, browser: Browser
) -> None:
    assert deployment("GET", "/health").status == 200
    visit = visit_of(browser, gateway, DESK, "risk?ids=customer_123")
    page = visit.page
    press(page, "Select nobody")
    assert focused(page, "each => each.className") == "actions"

    visit.go("campaigns/new?ids=customer_123")
    page.get_by_label("Name", exact=True).fill("By keyboard")
    page.get_by_label("Subject").fill("We kept your shelf")
    press(page, "Save as a draft")
    page.get_by_role("heading", name="By keyboard").wait_for()
    visit.settle()
    press(page, "Preview")
    page.get_by_role("heading", name="It would reach").wait_for()
    assert focused(page, "each => each.textContent") == "Preview"
    assert page.get_by_role("status").filter(has_text="It would reach").count() == 1

    visit.go("forms/contact/edit")
    press(page, "Remove How can we help?")
    assert focused(page, "each => each.closest('fieldset') !== null")


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).focus()
    page.keyboard.press("Enter")


def focused(page: Page, question: str) -> object:
    """What is asked of the element that has the focus, once one has."""
    page.wait_for_function("document.activeElement !== document.body")
    return page.evaluate(f"({question})(document.activeElement)")
