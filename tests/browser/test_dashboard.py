"""The dashboard in a real browser: whom it shows what, where it comes from, what it does."""

import pytest
from playwright.sync_api import Browser, Route, expect

from local.demo import Call
from local.server import Gateway
from tests.browser.visits import PAGES, Visit

# SAM CLI calls what the libraries under it deprecate.
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

FIRST_LOAD = 250_000
"""Bytes, compressed."""


@pytest.fixture
def admin(gateway: Gateway, scored: Call, browser: Browser) -> Visit:
    assert scored("GET", "/health").status == 200
    visit = Visit(browser.new_page(), gateway)
    visit.sign_in("admin")
    return visit


def test_customers_at_risk_are_listed_as_the_api_does(admin: Visit, scored: Call) -> None:
    leading = scored("GET", "/retention/customers?risk=high&limit=25").body["customers"]

    admin.go("risk")
    rows = admin.page.locator("table:has(th:text-is('Select')) tbody tr")
    values = rows.locator("td:nth-child(3) data")
    assert [each.get_attribute("value") for each in values.all()] == [
        each["value_at_risk"] for each in leading
    ]
    assert rows.locator("td:nth-child(2) a").all_inner_texts() == [
        each["customer_id"] for each in leading
    ]


def table(visit: Visit, figure: str, column: int) -> list[str | None]:
    """The exact values in a column of the table below a picture that has this text."""
    rows = visit.page.locator(f"figure:has-text('{figure}') table tbody tr")
    cells = rows.locator(f"td:nth-child({column}) data")
    return [each.get_attribute("value") for each in cells.all()]


def test_bins_and_weeks_below_the_pictures_are_those_of_the_api(admin: Visit, scored: Call) -> None:
    bins = scored("GET", "/ltv/distribution?measure=actual_clv").body["bins"]
    [receipt, *_] = scored("GET", "/retention/receipts").body["receipts"]

    admin.go("value?measure=actual_clv")
    assert table(admin, "in bins that grow", 3) == [str(each["customers"]) for each in bins]
    assert table(admin, "in bins that grow", 5) == [each["total"] for each in bins]

    admin.go(f"track-record?weekly=purchases&month={receipt['month']}")
    assert [float(str(each)) for each in table(admin, "week by week", 3)] == [
        each["purchases"]["foreseen"] for each in receipt["weeks"]
    ]
    assert table(admin, "week by week", 4) == []


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
    Visit(page, gateway).sign_in("marketer", "retention?period=week")

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


def test_answers_asked_for_before_the_code_is_here_are_not_asked_for_twice(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    assert scored("GET", "/health").status == 200
    visit = Visit(browser.new_page(), gateway)

    visit.sign_in("viewer", "?days=7")

    assert sorted(visit.asked) == [
        "/overview?days=7",
        "/retention/customers?risk=high&limit=5",
    ]


def test_code_of_other_pages_comes_when_todays_numbers_are_shown(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    assert scored("GET", "/health").status == 200
    own = f"http://127.0.0.1:{gateway.port}/"
    shown_before: list[int] = []
    page = browser.new_page()
    page.goto(own)

    def note(route: Route) -> None:
        shown_before.append(page.locator(".stat data").count())
        route.continue_()

    page.route("**/assets/others-*", note)
    with page.expect_response("**/assets/others-*"):
        page.get_by_role("button", name="Sign in as viewer").click()

    assert len(shown_before) == 1
    assert shown_before[0] > 0
    page.wait_for_url(own)  # without the issuer's code
    page.get_by_role("link", name="Risk", exact=True).click()
    expect(page.locator("main h1")).to_have_text("Who is about to leave?")
    assert len(shown_before) == 1


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("viewer", ["Today", "Risk", "Campaigns", "Retention", "Value", "Track record"]),
        (
            "marketer",
            [
                "Today",
                "Risk",
                "Campaigns",
                "Retention",
                "Value",
                "Leads",
                "Track record",
                "Forms",
            ],
        ),
    ],
)
def test_what_a_role_may_not_do_is_not_offered_nor_asked_for(
    role: str, offered: list[str], gateway: Gateway, scored: Call, browser: Browser
) -> None:
    assert scored("GET", "/health").status == 200
    refused: list[str] = []
    page = browser.new_page()
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    visit = Visit(page, gateway)
    visit.sign_in(role, "risk")
    links = page.get_by_role("navigation").get_by_role("link").all_inner_texts()
    assert links == offered

    for place in PAGES:
        visit.go(place)
        heading = page.get_by_role("heading", name="Not allowed")
        title = page.title().removesuffix(" · Succotash")
        assert heading.count() == (0 if title in offered else 1), place
        assert page.get_by_role("link", name="New form").count() == 0
    assert refused == []
    visit.go("risk")
    may_write = 1 if role == "marketer" else 0
    assert page.get_by_role("link", name="Make a campaign").count() == may_write
    assert (page.locator("input[type=checkbox]").count() > 0) == bool(may_write)


def test_a_campaign_is_made_of_customers_at_risk_and_previewed(admin: Visit, scored: Call) -> None:
    admin.go("risk")
    page = admin.page
    chosen = page.locator("tbody a").first.inner_text()
    page.get_by_label(f"Select {chosen}").check()
    page.get_by_role("link", name="Make a campaign of the 1 selected").click()
    page.get_by_label("Name", exact=True).fill("From the browser")
    page.get_by_label("Subject").fill("We kept your shelf")
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("heading", name="From the browser").wait_for()

    made = scored("GET", "/retention/campaigns").body["campaigns"][0]
    assert made["name"] == "From the browser"
    assert made["audience"] == {"customer_ids": [chosen]}
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="It would reach").wait_for()
    said = scored("POST", f"/retention/campaigns/{made['campaign_id']}/preview").body
    reached = page.locator("li:has-text('Would be written to') data").first
    assert reached.get_attribute("value") == str(said["reached"])


def test_a_lead_is_moved(admin: Visit, scored: Call) -> None:
    admin.go("leads")
    page = admin.page
    page.locator("tbody a").first.click()
    page.get_by_label("Status").select_option("contacted")
    page.locator("h1 .state:text-is('Contacted')").wait_for()

    assert scored("GET", "/leads?status=contacted").body["leads"]


def test_rules_follow_the_fields_of_a_form(admin: Visit, scored: Call) -> None:
    admin.go("forms/contact/edit")
    page = admin.page
    page.get_by_label("Name").nth(0).fill("given_name")
    page.get_by_role("button", name="Remove How can we help?").click()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/#/forms/contact")  # the preview has the same heading

    form = scored("GET", "/forms/contact").body
    assert form["fields"][0]["name"] == "given_name"
    assert [each["field"] for each in form["rules"]] == ["given_name"]
