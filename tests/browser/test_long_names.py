"""Names, addresses and ids as long as they may be: nothing is cut off, and no page gets wider."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser

from local.demo import CONTACT, Call, scheduled_event
from local.server import Gateway
from tests.browser.visits import Visit

if TYPE_CHECKING:
    from succotash.domain.values import Json

# SAM CLI calls what the libraries under it deprecate.
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

NAME = "Wolfeschlegelsteinhausenbergerdorff" * 2
EMAIL = f"{'a' * 60}@{'subdomain.' * 12}example.com"
SOURCE = "a_source_without_any_space_" * 3
CUSTOMER = f"customer-{'1234567890' * 9}"
ORDERED = datetime(2026, 1, 1, tzinfo=UTC)
CUT_OFF = """() => [...document.querySelectorAll("main *")]
  .filter(each => !each.closest(".scroll, svg, .unseen") && each.checkVisibility())
  .filter(each => {
    const place = each.closest(".part, .card")?.getBoundingClientRect();
    return each.getBoundingClientRect().right > (place?.right ?? innerWidth) + 1;
  })
  .map(each => each.outerHTML.slice(0, 100))"""
"""What reaches beyond the card that it stands in, or beyond the screen."""


@pytest.fixture(scope="module")
def places(gateway: Gateway, call: Call) -> list[str]:
    """Pages of a lead, a customer and a campaign whose names are long, and of lists of them."""
    lead: dict[str, Json] = {
        "first_name": NAME,
        "last_name": NAME,
        "email": EMAIL,
        "company": NAME * 2,
    }
    sent = call("POST", f"/forms/{CONTACT}/submissions", lead | {"utm_source": SOURCE})
    assert sent.status == 201
    orders: list[Json] = [
        {
            "customer_id": CUSTOMER,
            "order_id": f"{'o' * 80}-{number}",
            "ordered_at": (ORDERED + timedelta(days=9 * number)).isoformat(),
            "amount": "1234567.89",
            "currency": "USD",
        }
        for number in range(5)
    ]
    assert call("POST", "/orders", {"orders": orders}).status == 200
    as_of = ORDERED + timedelta(days=90)
    gateway.functions.invoke("ChurnScoring", json.dumps(scheduled_event(as_of)))
    campaign: dict[str, Json] = {
        "name": f"For everybody {NAME}",
        "audience": {"customer_ids": [CUSTOMER]},
        "message": {"subject": NAME, "text": "{{ unsubscribe_url }}"},
    }
    made = call("POST", "/retention/campaigns", campaign)
    assert made.status == 201
    field = "f" * 60
    form: dict[str, Json] = {
        "title": NAME,
        "fields": [
            {"name": "email", "label": "E-mail", "kind": "email", "required": True},
            {"name": field, "label": NAME},
        ],
        "rules": [{"field": field, "kind": "length", "parameters": {"max": 5}}],
    }
    assert call("PUT", "/forms/long", form).status == 200
    [listed] = call("GET", "/leads").body["leads"]
    return [
        "leads",
        f"leads/{listed['lead_id']}",
        "value",
        f"customers/{CUSTOMER}",
        "campaigns",
        f"campaigns/{made.body['campaign_id']}",
        f"campaigns/new?ids={CUSTOMER}",
        f"forms/{CONTACT}",
        "forms",
        "forms/long/edit",
    ]


@pytest.mark.parametrize("width", [360, 1280])
def test_no_name_is_wider_than_the_screen(
    width: int, gateway: Gateway, places: list[str], browser: Browser
) -> None:
    visit = Visit(browser.new_page(viewport={"width": width, "height": 740}), gateway)
    visit.sign_in("admin")
    for place in places:
        visit.go(place)
        assert visit.page.locator("main [role=alert]").count() == 0, place
        assert visit.page.evaluate(CUT_OFF) == [], place
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place
