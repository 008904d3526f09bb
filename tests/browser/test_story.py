"""The whole story, by clicking: from a form that is filled in to the mail that brings one back."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from itertools import batched
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from local.demo import BATCH, SCORED_AT, USER_456, Call, Item, cdnow_orders, scheduled_event
from local.server import Gateway
from local.serving import workers_of
from tests.browser.visits import Visit

# SAM CLI calls what the libraries under it deprecate.
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

A_PERSONS_TIME = 2_100
"""Milliseconds: who is quicker is taken for a robot."""
FORM = "shelf"
EMAIL = "vera.lindqvist@example.org"
CUSTOMER = "vera-lindqvist"
A_DAY_LATER = SCORED_AT + timedelta(days=1)


@pytest.fixture(scope="module")
def deployment(gateway: Gateway, folder: Path) -> Iterator[Call]:
    """A shop with customers, and what works unasked in a deployment."""
    call = gateway.call(gateway.issue_token())
    for batch in batched(cdnow_orders(), BATCH, strict=False):
        assert call("POST", "/orders", {"orders": list(batch)}).body["rejected"] == 0
    with workers_of(gateway, folder).at_work():
        yield call


@pytest.fixture
def marketer(gateway: Gateway, deployment: Call, browser: Browser) -> Visit:
    assert deployment("GET", "/health").status == 200
    visit = Visit(browser.new_page(), gateway)
    visit.page.on("dialog", lambda dialog: dialog.accept())
    return visit


def orders() -> list[Item]:
    """What a customer of the past bought, who came every few weeks and then no more."""
    return [
        {
            "customer_id": CUSTOMER,
            "order_id": f"{CUSTOMER}-{number}",
            "ordered_at": (SCORED_AT - timedelta(days=days)).isoformat(),
            "amount": f"{float(amount) * 10:.2f}",
            "currency": "USD",
            "email": EMAIL,
        }
        for number, (days, amount) in enumerate(USER_456)
    ]


def define_a_form(visit: Visit) -> None:
    """A form that asks for consent, without which nobody is written to."""
    page = visit.page
    visit.sign_in("admin", "forms")
    page.get_by_role("link", name="New form").click()
    page.get_by_label("Id", exact=True).fill(FORM)
    page.get_by_label("Title", exact=True).fill("Keep me a shelf")
    page.get_by_role("button", name="Add a field").click()
    page.get_by_label("Label").nth(1).fill("First name")
    page.get_by_label("Name").nth(1).fill("first_name")
    page.get_by_role("button", name="Add a field").click()
    page.get_by_label("Label").nth(2).fill("Tell me about new releases")
    page.get_by_label("Name").nth(2).fill("news")
    page.get_by_label("Kind").nth(2).select_option("consent")
    preview = page.get_by_role("region", name="Preview")
    assert preview.get_by_label("Tell me about new releases").count() == 1
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"**/#/forms/{FORM}")  # the preview has the same heading


def fill_in(page: Page, gateway: Gateway) -> None:
    page.goto(f"http://127.0.0.1:{gateway.port}/f/{FORM}?utm_source=newsletter")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("First name").fill("Vera")
    page.get_by_label("Tell me about new releases").check()
    page.wait_for_timeout(A_PERSONS_TIME)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(f"**/f/{FORM}/thanks")


def win_the_lead(visit: Visit) -> None:
    page = visit.page
    visit.sign_in("marketer", "leads")
    page.get_by_role("link", name="Vera").click()
    page.get_by_label("Status").select_option("closed_won")
    page.locator("h1 .state:text-is('Closed won')").wait_for()


def find_at_risk_and_write(visit: Visit) -> None:
    """Select the customer, and make, preview and activate a campaign of them alone."""
    page = visit.page
    visit.go("risk")
    page.get_by_label(f"Select {CUSTOMER}").check()
    page.get_by_role("link", name="Make a campaign of the 1 selected").click()
    page.get_by_label("Name", exact=True).fill("Vera's shelf")
    page.get_by_label("Subject").fill("{{ first_name | Hello }}, we kept your shelf")
    page.get_by_label("Held out, of 100").fill("0")
    assert page.get_by_label("Last day").input_value() > f"{datetime.now(UTC):%Y-%m-%d}"
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("heading", name="Vera's shelf").wait_for()
    assert page.get_by_role("button", name="Activate").is_disabled()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="It would reach 1 customer now").wait_for()
    assert page.get_by_text("Vera, we kept your shelf").count() == 1
    page.get_by_role("button", name="Activate").click()
    page.get_by_role("button", name="Send now").click()


def test_a_visitor_becomes_a_customer_who_is_written_to(
    gateway: Gateway, deployment: Call, marketer: Visit, folder: Path, browser: Browser
) -> None:
    define_a_form(Visit(browser.new_page(), gateway))
    fill_in(browser.new_page(), gateway)
    win_the_lead(marketer)

    recorded = deployment("POST", "/orders", {"orders": list(orders())}).body
    assert recorded["recorded"] == len(USER_456)
    gateway.functions.invoke("ChurnScoring", json.dumps(scheduled_event(A_DAY_LATER)))
    find_at_risk_and_write(marketer)

    # By itself: what works unasked dispatches the campaign, and the page asks again.
    marketer.page.get_by_role("heading", name="1 of 1 member was written to").wait_for()
    mails = [message_from_bytes(each.read_bytes(), policy=policy.default) for each in sent(folder)]
    [mail] = [each for each in mails if each["To"] == EMAIL]
    assert mail["Subject"] == "Vera, we kept your shelf"
    marketer.go("campaigns")
    row = marketer.page.get_by_role("row", name="Vera's shelf")
    assert row.locator("data").all_inner_texts() == ["1", "1", "$25.00"]


def sent(folder: Path) -> list[Path]:
    """E-mails that were sent, the oldest first."""
    return sorted((folder / "mail").rglob("*.eml"))
