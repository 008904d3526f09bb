"""The pages of the day, of leads and of costs in a real browser."""

import json
import re
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from local.demo import Call
from local.server import Gateway

# SAM CLI calls what the libraries under it deprecate.
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

AXE = Path(__file__).resolve().parents[2] / "dashboard/node_modules/axe-core/axe.min.js"
A_MOMENT = 100
"""Milliseconds."""
UNTIL_THE_RUN = "end=1998-06-30"


def signed_in(browser: Browser | BrowserContext, gateway: Gateway, role: str, place: str) -> Page:
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{gateway.port}/#/{place}")
    page.get_by_role("button", name=f"Sign in as {role}").click()
    page.wait_for_selector("main h1")
    settle(page)
    return page


def go(page: Page, place: str) -> None:
    page.evaluate("place => { location.hash = place }", f"#/{place}")
    settle(page)


def settle(page: Page) -> None:
    page.wait_for_timeout(A_MOMENT)  # until the page has heard of its address
    page.wait_for_selector("main [aria-busy=true]", state="detached")


def numbers(page: Page, name: str) -> list[str | None]:
    """The exact values of a figure: now, and before where there is one."""
    found = page.locator(f".stat:has(dt:text-is('{name}')) data")
    return [each.get_attribute("value") for each in found.all()]


def test_a_viewer_sees_the_figures_of_a_period(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    page = signed_in(browser, gateway, "viewer", f"?{UNTIL_THE_RUN}")
    said: dict[str, Any] = scored("GET", f"/overview?days=28&{UNTIL_THE_RUN}").body

    [revenue] = said["revenue"]["by_currency"]
    assert float(revenue["now"]) > 0
    assert numbers(page, "Revenue") == [revenue["now"], revenue["before"]]
    assert numbers(page, "Orders") == [str(revenue["orders_now"]), str(revenue["orders_before"])]
    for name, field in (
        ("Submissions", "submissions"),
        ("New leads", "new_leads"),
        ("Hot leads", "hot_leads"),
    ):
        assert numbers(page, name) == [str(said[field]["now"]), str(said[field]["before"])]
    assert numbers(page, "Value at risk") == [said["risk"]["value_now"]]
    assert page.get_by_text("No submission waits in quarantine.").count() == 1
    [last_run] = page.locator(".attention li", has_text="The last scoring run").all()
    assert "On this machine none comes by itself" in last_run.inner_text()
    assert last_run.get_attribute("class") == "done"

    page.locator("label:has-text('Days') select").select_option("90")
    settle(page)
    longer: dict[str, Any] = scored("GET", f"/overview?days=90&{UNTIL_THE_RUN}").body
    assert numbers(page, "Revenue")[0] == longer["revenue"]["by_currency"][0]["now"]


def test_a_period_that_no_run_knows_has_no_revenue_and_offers_the_days_before_the_run(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    said: dict[str, Any] = scored("GET", "/overview?days=7&end=1998-06-30").body
    [revenue] = said["revenue"]["by_currency"]
    page = signed_in(browser, gateway, "viewer", "?days=7")
    assert numbers(page, "Revenue") == []
    page.get_by_role("link", name="Show the 7 days until 30 June 1998").click()
    settle(page)
    assert numbers(page, "Revenue") == [revenue["now"], revenue["before"]]
    assert page.get_by_text("is not known").count() == 0

    until = page.get_by_label("Until")
    assert until.input_value() == "1998-06-30"
    until.select_option("Today")
    settle(page)
    assert numbers(page, "Revenue") == []


def test_a_deployment_whose_last_run_is_late_says_so(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    assert scored("GET", "/health").status == 200
    own = f"http://127.0.0.1:{gateway.port}"
    page = browser.new_page()

    def as_deployed(route: Route) -> None:
        answer = route.fetch()
        text = answer.text().replace('"/development/sign-in"', f'"{own}/development/sign-in"')
        route.fulfill(response=answer, body=text)

    def by_another_request(route: Route) -> None:
        """Send back by a page: what an answer redirects to is not told to routes."""
        answer = route.fetch(max_redirects=0)
        place = answer.headers.get("location")
        back = f"<script>location.replace({json.dumps(place)})</script>"
        route.fulfill(body=back if place else answer.text(), content_type="text/html")

    page.route(re.compile(rf"{own}/(\?.*)?$"), as_deployed)
    page.route("**/development/sign-in*", by_another_request)
    page.goto(own)
    page.get_by_role("button", name="Sign in as viewer").click()
    late = page.locator(".attention .warned", has_text="although one comes every night")
    expect(late).to_have_count(1)


def test_leads_are_told_by_source_and_grade(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    page = signed_in(browser, gateway, "marketer", "leads")
    said: dict[str, Any] = scored("GET", "/leads/analytics").body

    for kind, groups in (("Source", said["by_source"]), ("Grade", said["by_grade"])):
        table = page.locator(f"table:has(th:text-is('{kind}')):has(th:text-is('Won, of all'))")
        rows = table.locator("tbody tr")
        names = [each.locator("td").nth(0).text_content() for each in rows.all()]
        leads = [each.locator("td").nth(1).text_content() for each in rows.all()]
        assert names == [each["name"] for each in groups]
        assert leads == [str(each["leads"]) for each in groups]


def test_a_moved_lead_shows_its_history(gateway: Gateway, scored: Call, browser: Browser) -> None:
    assert scored("GET", "/health").status == 200
    page = signed_in(browser, gateway, "marketer", "leads")
    page.locator("tbody a").first.click()
    page.get_by_label("Status").select_option("qualified")
    page.locator("h1 .state:text-is('Qualified')").wait_for()
    history = page.locator("table:has(th:text-is('Since')) .state").all_inner_texts()
    assert history == ["Qualified", "New"]


def test_a_cost_is_entered_and_set_against_values(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    page = signed_in(browser, gateway, "admin", "costs")
    page.get_by_role("combobox", name="Month").select_option("February")
    page.get_by_label("Year").fill("1997")
    page.get_by_label("Year").press("Enter")
    settle(page)
    assert page.url.endswith("#/costs?month=1997-02")
    page.get_by_label("Another source").fill("unknown")
    page.get_by_role("button", name="Add the source").click()
    page.get_by_label("unknown (USD)").fill("-5")
    page.get_by_role("button", name="Save the month").click()
    page.get_by_text("Must not be negative").wait_for()
    page.get_by_label("unknown (USD)").fill("14000.5")
    page.get_by_role("button", name="Save the month").click()
    page.get_by_role("heading", name="What is entered so far?").wait_for()
    months = scored("GET", "/acquisition-costs").body["months"]
    assert months[0]["costs"] == {"unknown": "14000.50"}
    [cost] = page.locator("table data").all_inner_texts()
    assert cost == "$14,000.50", "as it was entered"

    go(page, "value")
    [source] = scored("GET", "/ltv/sources").body["sources"]
    assert source["ltv_to_cac"] > 1
    said = f"unknown brings back {source['ltv_to_cac']:.1f} times its cost"
    assert page.get_by_role("heading", name=said).count() == 1

    go(page, "costs?month=1997-02")
    page.get_by_label("unknown (USD)").fill("")
    page.get_by_role("button", name="Save the month").click()
    page.get_by_role("heading", name="No cost is entered yet").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_costs_is_accessible_and_fits_a_phone(
    gateway: Gateway, scored: Call, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    assert scored("GET", "/health").status == 200
    narrow = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page = signed_in(narrow, gateway, "admin", "costs")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(AXE.read_text("utf-8"))
    violations = page.evaluate("axe.run().then(found => found.violations)")
    assert [each["id"] for each in violations if each["impact"] in {"serious", "critical"}] == []
