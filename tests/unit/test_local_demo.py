from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from local.demo import (
    CDNOW_CUSTOMERS,
    CUSTOMER_EMAIL,
    SCORED_AT,
    Answer,
    DemoError,
    Summary,
    cdnow_orders,
    load,
    named_orders,
    scheduled_event,
    visits,
)
from local.demo_campaigns import CAMPAIGNS, consenting
from succotash.domain.values import Json


class RefusingApi:
    """Answers every request the same way, except that no campaign is there."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[tuple[str, str]] = []

    def __call__(
        self,
        method: str,
        path: str,
        body: Json = None,  # noqa: ARG002
        *,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> Answer:
        self.requests.append((method, path))
        if (method, path) == ("GET", "/retention/campaigns"):
            return Answer(200, {"campaigns": []})
        return self.answer


def instants(items: list[dict[str, Any]], name: str) -> list[datetime]:
    return [datetime.fromisoformat(item[name]) for item in items]


def test_every_purchase_of_the_sample_is_an_order_of_its_own() -> None:
    orders = list(cdnow_orders())

    assert len(orders) == 6919
    assert len({order["order_id"] for order in orders}) == 6919
    assert len({order["customer_id"] for order in orders}) == 2357
    assert orders[0] == {
        "customer_id": "cdnow-0001",
        "order_id": "cdnow-0001-001",
        "ordered_at": "1997-01-01T00:00:00Z",
        "amount": "29.33",
        "currency": "USD",
    }


def test_a_tenth_of_the_customers_has_an_address_and_three_in_four_of_those_agree() -> None:
    addressed = {order["customer_id"] for order in cdnow_orders() if "email" in order}
    agreeing = set(consenting(CDNOW_CUSTOMERS))

    assert len(addressed) == 2357 // 10
    assert agreeing < addressed
    assert len(agreeing) == 177
    assert {order.get("email") for order in cdnow_orders()} >= {"cdnow-0010@example.com"}


def test_the_same_orders_are_made_every_time() -> None:
    assert list(cdnow_orders()) == list(cdnow_orders())
    assert list(named_orders()) == list(named_orders())
    assert list(visits()) == list(visits())


def test_everything_lies_before_the_scoring() -> None:
    orders = [*cdnow_orders(), *named_orders()]

    assert max(instants(orders, "ordered_at")) < SCORED_AT
    assert max(instants(list(visits()), "occurred_at")) < SCORED_AT


def test_user_456_is_silent_where_customer_123_is_not() -> None:
    seen: dict[str, datetime] = {}
    for item in [*named_orders(), *visits()]:
        at = datetime.fromisoformat(str(item.get("ordered_at") or item["occurred_at"]))
        customer = str(item["customer_id"])
        seen[customer] = max(at, seen.get(customer, at))

    assert (SCORED_AT - seen["customer_123"]).days < 10
    assert (SCORED_AT - seen["user_456"]).days > 50


def test_only_customer_123_is_tied_to_the_lead() -> None:
    emails = Counter(order.get("email") for order in named_orders())

    assert emails == {CUSTOMER_EMAIL: 14, None: 14}


def test_the_scheduled_event_carries_its_time() -> None:
    event = scheduled_event(datetime(1998, 7, 1, tzinfo=UTC))

    assert event["time"] == "1998-07-01T00:00:00Z"
    assert event["detail-type"] == "Scheduled Event"


def test_where_the_last_campaign_is_there_nothing_is_sent() -> None:
    requests = []

    def call(
        method: str,
        path: str,
        body: Json = None,  # noqa: ARG001
        *,
        headers: Mapping[str, str] | None = None,  # noqa: ARG001
    ) -> Answer:
        requests.append((method, path))
        return Answer(200, {"campaigns": [CAMPAIGNS[-1][0]]})

    assert load(call, lambda _: None) == Summary()
    assert requests == [("GET", "/retention/campaigns")]


def test_what_was_added_is_told_in_a_sentence() -> None:
    assert str(Summary()) == "The demo data was there already."
    assert str(Summary(orders=6919, events=2, submissions=1, campaigns=1)) == (
        "Loaded 6,919 orders, 2 events, 1 form submission and 1 campaign."
    )


def test_a_refusal_stops_the_load_with_its_sentence() -> None:
    api = RefusingApi(Answer(503, {"detail": "the storage is not available"}))

    with pytest.raises(DemoError, match="503: the storage is not available"):
        load(api, lambda _: None)


def test_an_order_that_is_refused_stops_the_load_with_its_reason() -> None:
    refused = {
        "id": "cdnow-0001-001",
        "errors": [{"field": "currency", "code": "x", "message": "is not EUR"}],
    }
    report = {"recorded": 0, "rejected": 1, "conflicting": 0, "results": [refused]}
    api = RefusingApi(Answer(200, report | {"submissions": []}))

    with pytest.raises(DemoError, match="cdnow-0001-001 was refused: currency is not EUR"):
        load(api, lambda _: None)
