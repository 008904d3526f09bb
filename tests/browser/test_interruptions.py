"""The dashboard where something comes between: an outage, an expired sign-in, another window."""

import json
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from local.demo import CONTACT_FORM, Call
from local.server import Gateway
from tests.browser.visits import PAGES, Visit

# SAM CLI calls what the libraries under it deprecate.
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

NOT_OURS = "<html><title>Sign in to the Wi-Fi</title></html>"
FAILURES = {
    "the gateway's": (503, "application/json", '{"message": "Service Unavailable"}'),
    "ours": (500, "application/problem+json", '{"title": "Internal error", "status": 500}'),
    "of somebody else": (200, "text/html", NOT_OURS),
}
DETAILS = ("forms/contact", "forms/contact/edit", "leads/nobody", "campaigns/none", "customers/..")
LETTER = "A shelf for you"


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.new_page()


@pytest.fixture
def admin(gateway: Gateway, call: Call, page: Page) -> Visit:
    assert call("PUT", "/forms/contact", CONTACT_FORM).status == 200
    visit = Visit(page, gateway)
    visit.sign_in("admin", "not-a-page")
    return visit


def is_of_the_api(url: str) -> bool:
    """Whether a request asks for what the API knows."""
    path = urlsplit(url).path
    return path != "/" and not path.startswith(("/assets", "/dashboard", "/development"))


@pytest.mark.parametrize("failure", FAILURES)
def test_where_answers_fail_a_page_says_so_below_its_heading(failure: str, admin: Visit) -> None:
    status, kind, body = FAILURES[failure]
    errors: list[str] = []
    admin.page.on("pageerror", lambda error: errors.append(str(error)))
    admin.page.route(
        is_of_the_api, lambda route: route.fulfill(status=status, content_type=kind, body=body)
    )
    for place in (*PAGES, *DETAILS):
        admin.go(place)
        expect(admin.page.locator("main h1")).to_have_count(1)
        expect(admin.page.locator("main [role=alert]").first).to_be_visible()
    assert errors == []


def test_an_answer_of_another_shape_does_not_take_the_page_with_it(admin: Visit) -> None:
    admin.page.route(is_of_the_api, lambda route: route.fulfill(status=200, json={}))
    for place in PAGES:
        admin.go(place)
        expect(admin.page.locator("main h1")).to_have_count(1)
        expect(admin.page.locator("main [role=alert]").first).to_be_visible()


def test_a_page_whose_code_does_not_come_says_so(gateway: Gateway, call: Call, page: Page) -> None:
    assert call("GET", "/health").status == 200
    page.route("**/assets/others-*", lambda route: route.fulfill(status=404))
    visit = Visit(page, gateway)
    visit.sign_in("viewer")
    page.get_by_role("link", name="Value", exact=True).click()
    expect(page.locator("main [role=alert]")).to_contain_text("This page could not be loaded")

    page.unroute("**/assets/others-*")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Sign in as viewer").click()
    expect(page.locator("main h1")).to_be_visible()
    assert page.url == f"http://127.0.0.1:{gateway.port}/#/value"


def test_a_draft_outlives_an_expired_sign_in(admin: Visit, gateway: Gateway) -> None:
    page = admin.page
    admin.go("campaigns/new?risk=high")
    page.get_by_label("Name", exact=True).fill("Kept")
    page.get_by_label("Subject").fill(LETTER)
    page.route("**/retention/campaigns", lambda route: route.fulfill(status=401, json={}))
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("button", name="Sign in as admin").click()
    page.wait_for_selector("main h1")

    assert page.url == f"http://127.0.0.1:{gateway.port}/#/campaigns/new?risk=high"
    expect(page.get_by_label("Subject")).to_have_value(LETTER)
    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("Subject")).to_have_value("")


def test_a_draft_is_gone_once_it_is_saved_or_its_writer_signs_out(admin: Visit, call: Call) -> None:
    page = admin.page
    admin.go("forms/contact/edit")
    page.get_by_label("Title").fill("Write to us")
    admin.go("forms")
    admin.go("forms/contact/edit")
    expect(page.get_by_label("Title")).to_have_value("Write to us")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Write to us", level=1).wait_for()
    assert call("GET", "/forms/contact").body["title"] == "Write to us"

    admin.go("forms/contact/edit")
    expect(page.get_by_text("You began this earlier")).to_have_count(0)
    page.get_by_label("Title").fill("Not to be read by the next")
    page.get_by_role("button", name="Sign out").click()
    assert "Not to be read" not in page.evaluate("JSON.stringify({...sessionStorage})")


def test_what_another_window_saved_is_not_replaced_unasked(admin: Visit, call: Call) -> None:
    page = admin.page
    admin.go("forms/contact/edit")
    page.get_by_label("Title").fill("Mine")
    assert call("PUT", "/forms/contact", {**CONTACT_FORM, "title": "Theirs"}).status == 200
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("changed since you opened it")
    assert call("GET", "/forms/contact").body["title"] == "Theirs"

    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Mine", level=1).wait_for()
    assert call("GET", "/forms/contact").body["title"] == "Mine"


def test_a_form_is_saved_by_one_request_that_names_the_state_it_was_opened_in(
    admin: Visit, gateway: Gateway
) -> None:
    page = admin.page
    admin.go("forms/contact/edit")
    page.get_by_label("Title").fill("Named")
    token = {"Authorization": f"Bearer {gateway.issue_token()}"}
    address = f"http://127.0.0.1:{gateway.port}/forms/contact"
    tag = httpx.get(address, headers=token).headers["ETag"]
    with page.expect_request("**/forms/contact") as first:
        page.get_by_role("button", name="Save").click()
    assert (first.value.method, first.value.headers["if-match"]) == ("PUT", tag)
    page.get_by_role("heading", name="Named", level=1).wait_for()


def test_a_draft_of_a_form_knows_from_what_it_was_begun_after_a_reload(
    admin: Visit, call: Call
) -> None:
    page = admin.page
    admin.go("forms/contact/edit")
    page.get_by_label("Title").fill("Mine")
    assert call("PUT", "/forms/contact", {**CONTACT_FORM, "title": "Theirs"}).status == 200
    admin.sign_in("admin", "forms/contact/edit")
    expect(page.get_by_label("Title")).to_have_value("Mine")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("changed since you opened it")
    assert call("GET", "/forms/contact").body["title"] == "Theirs"

    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("Title")).to_have_value("Theirs")


def test_costs_that_somebody_else_entered_meanwhile_are_not_deleted(
    admin: Visit, call: Call
) -> None:
    page = admin.page
    month = "/acquisition-costs/2024-05"
    assert call("PUT", month, {"costs": {"google": "1", "letter": "2"}}).status == 200
    admin.go("costs?month=2024-05")
    page.get_by_label("google (USD)").fill("10")
    theirs = call("PUT", month, {"costs": {"letter": "2", "google": "1", "fair": "3"}})
    assert theirs.status == 200
    page.get_by_role("button", name="Save the month").click()
    expect(page.get_by_role("alert")).to_contain_text("changed since you opened it")
    expect(page.get_by_label("fair (USD)")).to_have_value("3.00")
    assert call("GET", "/acquisition-costs").body["months"][0]["costs"]["google"] == "1.00"

    page.get_by_role("button", name="Save the month").click()
    page.get_by_text("Saved.").wait_for()
    saved = call("GET", "/acquisition-costs").body["months"][0]["costs"]
    assert saved == {"fair": "3.00", "google": "10.00", "letter": "2.00"}


def test_costs_of_a_month_that_had_none_are_entered_by_one_of_two(admin: Visit, call: Call) -> None:
    page = admin.page
    admin.go("costs?month=2024-06")
    page.get_by_label("Another source").fill("market")
    page.get_by_role("button", name="Add the source").click()
    page.get_by_label("market (USD)").fill("4")
    assert call("PUT", "/acquisition-costs/2024-06", {"costs": {"google": "1"}}).status == 200
    page.get_by_role("button", name="Save the month").click()
    expect(page.get_by_role("alert")).to_contain_text("changed since you opened it")

    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("google (USD)")).to_have_value("1.00")
    expect(page.get_by_label("market (USD)")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_draft_that_somebody_else_changed_is_not_activated_or_deleted_unseen(
    admin: Visit, call: Call
) -> None:
    page = admin.page
    made = call(
        "POST",
        "/retention/campaigns",
        {
            "name": "Come back",
            "target_risk_level": "high",
            "message": {"subject": "Mine", "text": "{{ unsubscribe_url }}"},
            "ends_at": "2998-01-01T00:00:00Z",
        },
    )
    path = f"/retention/campaigns/{made.body['campaign_id']}"
    page.on("dialog", lambda dialog: dialog.accept())
    admin.go(f"campaigns/{made.body['campaign_id']}")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="It would reach").wait_for()
    theirs = call(
        "PATCH", path, {"message": {"subject": "Theirs", "text": "{{ unsubscribe_url }}"}}
    )
    assert theirs.status == 200
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("alert")).to_contain_text("changed since you opened it")
    expect(page.locator("main .mail")).to_contain_text("Theirs")
    expect(page.get_by_role("button", name="Activate")).to_be_disabled()

    assert call("PATCH", path, {"name": "Theirs as well"}).status == 200
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Theirs as well")
    assert call("GET", path).body["status"] == "draft"
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("heading", name="What do we write", level=1).wait_for()
    assert call("GET", path).status == 404


def test_a_new_form_does_not_replace_one_of_the_same_id(admin: Visit, call: Call) -> None:
    page = admin.page
    admin.go("new-form")
    page.get_by_label("Id", exact=True).fill("contact")
    page.get_by_label("Title").fill("Another")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_contain_text("A form contact exists already")
    assert call("GET", "/forms/contact").body["title"] == CONTACT_FORM["title"]


def test_a_form_may_be_called_new(admin: Visit, call: Call) -> None:
    assert call("PUT", "/forms/new", {**CONTACT_FORM, "title": "News"}).status == 200

    admin.go("forms/new")
    admin.page.get_by_role("heading", name="News", level=1).wait_for()
    admin.go("forms/new/edit")
    expect(admin.page.get_by_label("Title")).to_have_value("News")


def test_a_second_click_saves_nothing_twice(admin: Visit) -> None:
    page = admin.page
    sent: list[str] = []

    def slowly(route: Route) -> None:
        sent.append(route.request.method)
        page.wait_for_timeout(200)
        route.fulfill(status=503, json={})

    admin.go("campaigns/new?risk=high")
    page.get_by_label("Name", exact=True).fill("Once")
    page.get_by_label("Subject").fill(LETTER)
    page.route("**/retention/campaigns", slowly)
    page.get_by_role("button", name="Save as a draft").dblclick()
    expect(page.get_by_role("alert")).to_contain_text("not available at the moment")

    assert sent == ["POST"]


def test_the_way_to_another_page_leads_to_its_heading(admin: Visit) -> None:
    page = admin.page
    page.get_by_role("link", name="Campaigns").focus()
    page.keyboard.press("Enter")
    admin.settle()

    assert page.evaluate("document.activeElement.textContent").startswith("What do we write")
    page.get_by_label("Status").focus()
    page.get_by_label("Status").select_option("draft")
    admin.settle()
    assert page.evaluate("document.activeElement.tagName") == "SELECT"


def test_a_selection_is_in_the_address_also_with_commas_in_ids(admin: Visit) -> None:
    page = admin.page
    customers = [
        {
            "customer_id": customer_id,
            "churn_probability": 0.5,
            "value_at_risk": "12.00",
            "reasons": ["silent"],
            "value_segment": None,
            "last_seen_on": "2026-01-02",
            "horizon_days": 90,
        }
        for customer_id in ("a,b", "c/d", "e")
    ]
    answer = {"customers": customers, "next_cursor": None, "run": None}
    page.route(
        "**/retention/customers?*",
        lambda route: route.fulfill(status=200, body=json.dumps(answer)),
    )
    admin.go("risk")
    page.get_by_label("Select a,b").check()
    page.get_by_label("Select c/d").check()
    page.get_by_role("link", name="Make a campaign of the 2 selected").click()
    expect(page.get_by_text("2 chosen customers: a,b, c/d")).to_be_visible()

    page.go_back()
    expect(page.get_by_label("Select a,b")).to_be_checked()
    expect(page.get_by_label("Select e")).not_to_be_checked()
