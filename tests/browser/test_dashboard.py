"""The dashboard in a real browser: what it shows is what the API says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from local.demo import SCORED_AT, Call, scheduled_event
from local.server import Gateway

# SAM CLI calls what the libraries under it deprecate.
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

AXE = Path(__file__).resolve().parents[2] / "dashboard/node_modules/axe-core/axe.min.js"
A_MOMENT = 100
"""Milliseconds."""
PAGES = ("", "risk", "campaigns", "retention", "value", "leads", "track-record", "forms")
MORE = ("customers/customer_123", "campaigns/new?risk=high", "forms/contact", "forms/contact/edit")
FIRST_LOAD = 250_000
"""Bytes, compressed."""


@pytest.fixture(scope="module")
def scored(gateway: Gateway, call: Call) -> Call:
    gateway.functions.invoke("ChurnScoring", json.dumps(scheduled_event(SCORED_AT)))
    return call


def open_as(page: Page, gateway: Gateway, role: str, place: str = "") -> None:
    """Sign in by the development issuer, and wait for what the page shows."""
    page.goto(f"http://127.0.0.1:{gateway.port}/#/{place}")
    page.get_by_role("button", name=f"Sign in as {role}").click()
    page.wait_for_selector("main h1")
    settle(page)


def go(page: Page, place: str) -> None:
    page.evaluate("place => { location.hash = place }", f"#/{place}")
    settle(page)


def settle(page: Page) -> None:
    page.wait_for_timeout(A_MOMENT)  # until the page has heard of its address
    page.wait_for_selector("main [aria-busy=true]", state="detached")


@pytest.fixture
def admin(gateway: Gateway, scored: Call, browser: Browser) -> Iterator[Page]:
    assert scored("GET", "/health").status == 200
    page = browser.new_page()
    open_as(page, gateway, "admin")
    yield page
    page.close()


def shown(page: Page, label: str) -> str:
    """The exact value beside a number's name."""
    number = page.locator(f".stat:has(dt:text-is('{label}')) strong data").first
    return str(number.get_attribute("value"))


def test_numbers_on_the_screen_are_those_of_the_api(admin: Page, scored: Call) -> None:
    analytics = scored("GET", "/retention/analytics").body
    analysis = scored("GET", "/ltv/analysis").body
    leading = scored("GET", "/retention/customers?risk=high&limit=25").body["customers"]

    go(admin, "risk")
    assert shown(admin, "Value at risk") == analytics["value_at_risk"]
    assert shown(admin, "Customers at high risk") == str(analytics["high_risk_customers"])
    rows = admin.locator("table:has(th:text-is('Select')) tbody tr")
    values = rows.locator("td:nth-child(3) data")
    assert [each.get_attribute("value") for each in values.all()] == [
        each["value_at_risk"] for each in leading
    ]
    assert rows.locator("td:nth-child(2) a").all_inner_texts() == [
        each["customer_id"] for each in leading
    ]

    go(admin, "value")
    assert shown(admin, "Expected in total") == analysis["total_predicted_clv"]
    assert shown(admin, "Revenue so far") == analysis["total_revenue"]
    assert shown(admin, "Customers") == str(analysis["total_customers"])


def table(page: Page, figure: str, column: int) -> list[str | None]:
    """The exact values in a column of the table below a picture that has this text."""
    rows = page.locator(f"figure:has-text('{figure}') table tbody tr")
    cells = rows.locator(f"td:nth-child({column}) data")
    return [each.get_attribute("value") for each in cells.all()]


def test_bins_and_weeks_below_the_pictures_are_those_of_the_api(admin: Page, scored: Call) -> None:
    bins = scored("GET", "/ltv/distribution?measure=actual_clv").body["bins"]
    [receipt, *_] = scored("GET", "/retention/receipts").body["receipts"]

    go(admin, "value?measure=actual_clv")
    assert table(admin, "in bins that grow", 3) == [str(each["customers"]) for each in bins]
    assert table(admin, "in bins that grow", 5) == [each["total"] for each in bins]

    go(admin, f"track-record?weekly=purchases&month={receipt['month']}")
    assert [float(str(each)) for each in table(admin, "week by week", 3)] == [
        each["purchases"]["foreseen"] for each in receipt["weeks"]
    ]
    assert table(admin, "week by week", 4) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_narrow_ones_do_not_scroll_sideways(
    gateway: Gateway, scored: Call, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    assert scored("GET", "/health").status == 200
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    open_as(page, gateway, "admin")
    found: dict[str, Any] = {}
    for place in (*PAGES, *MORE):
        go(page, place)
        assert page.locator("main [role=alert]").count() == 0, place
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place
        page.evaluate(AXE.read_text("utf-8"))
        violations = page.evaluate("axe.run().then(found => found.violations)")
        for each in violations:
            if each["impact"] in {"serious", "critical"}:
                found[f"{place}: {each['id']}"] = each["nodes"][0]["html"][:200]
    assert found == {}


def test_everything_comes_from_here_and_no_token_is_stored(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    assert scored("GET", "/health").status == 200
    own = f"http://127.0.0.1:{gateway.port}/"
    asked: list[str] = []
    complaints: list[str] = []
    sizes: list[int] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on(
        "response",
        lambda answer: sizes.append(int(answer.headers.get("content-length", 0))),
    )
    open_as(page, gateway, "marketer", "retention?period=week")

    assert page.url == f"{own}#/retention?period=week"
    assert all(address.startswith((own, "data:")) for address in asked)
    assert complaints == []
    assert 0 < sum(sizes) < FIRST_LOAD
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "ey" not in kept
    assert page.context.cookies() == []

    page.reload()
    page.get_by_role("button", name="Sign in as marketer").click()
    page.wait_for_selector("main h1")
    assert page.url == f"{own}#/retention?period=week"


def test_what_a_role_may_not_see_is_not_offered(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    assert scored("GET", "/health").status == 200
    page = browser.new_page()
    open_as(page, gateway, "viewer", "risk")
    links = page.get_by_role("navigation").get_by_role("link").all_inner_texts()

    assert links == ["Today", "Risk", "Campaigns", "Retention", "Value", "Track record"]
    assert page.get_by_role("link", name="Make a campaign").count() == 0
    assert page.locator("input[type=checkbox]").count() == 0
    go(page, "leads")
    assert page.get_by_role("heading", name="Not allowed").count() == 1


def test_a_campaign_is_made_of_customers_at_risk_and_previewed(admin: Page, scored: Call) -> None:
    go(admin, "risk")
    chosen = admin.locator("tbody a").first.inner_text()
    admin.get_by_label(f"Select {chosen}").check()
    admin.get_by_role("link", name="Make a campaign of the 1 selected").click()
    admin.get_by_label("Name", exact=True).fill("From the browser")
    admin.get_by_label("Subject").fill("We kept your shelf")
    admin.get_by_role("button", name="Save as a draft").click()
    admin.get_by_role("heading", name="From the browser").wait_for()

    made = scored("GET", "/retention/campaigns").body["campaigns"][0]
    assert made["name"] == "From the browser"
    assert made["audience"] == {"customer_ids": [chosen]}
    admin.get_by_role("button", name="Preview").click()
    admin.get_by_role("heading", name="It would reach").wait_for()
    said = scored("POST", f"/retention/campaigns/{made['campaign_id']}/preview").body
    reached = admin.locator("li:has-text('Would be written to') data").first
    assert reached.get_attribute("value") == str(said["reached"])


def test_a_lead_is_moved(admin: Page, scored: Call) -> None:
    go(admin, "leads")
    admin.locator("tbody a").first.click()
    admin.get_by_label("Status").select_option("contacted")
    admin.locator("h1 .state:text-is('Contacted')").wait_for()

    assert scored("GET", "/leads?status=contacted").body["leads"]
