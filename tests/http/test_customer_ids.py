"""Customers' ids over HTTP: what shops call them, and what may stand in an address."""

from urllib.parse import quote

import pytest

from tests.builders import a_prediction, a_value
from tests.http.gateway import Gateway
from tests.http.problems import require_problem

PERSONAL = (
    "ada@example.com",
    "Ada <ada@example.com>",
    "mailto:ada@example.com",
    "ada\uff20example.com",
    "ada%40example.com",
    '"a b"@example.com',
    "ada@xn--mnchen-3ya.de",
    "+49 30 901820",
    " +4930901820",
    "\uff0b4930901820",
    "@" * 200,
)


def an_order(customer_id: str, **fields: object) -> dict[str, object]:
    order = {"order_id": "1", "ordered_at": "2024-05-06T12:00:00Z", "amount": "10"}
    return {"customer_id": customer_id} | order | fields


@pytest.mark.parametrize("customer_id", PERSONAL)
@pytest.mark.parametrize("path", ["/ltv/customers/", "/retention/customers/"])
def test_an_address_or_number_stands_in_no_path(
    gateway: Gateway, path: str, customer_id: str
) -> None:
    answer = gateway.call("GET", path + customer_id)
    require_problem(answer, 422, "invalid-input")
    assert answer.json["errors"][0]["code"] == "personal_id"
    assert customer_id not in answer.body


@pytest.mark.parametrize("customer_id", PERSONAL)
def test_no_answer_repeats_an_address_or_number(gateway: Gateway, customer_id: str) -> None:
    good, bad = an_order(customer_id), an_order(customer_id, amount="much")
    events = {"event_id": "1", "occurred_at": "2024-05-06T12:00:00Z", "kind": "click"}
    orders = gateway.call("POST", "/orders", json_body={"orders": [good, bad]})
    activity = gateway.call(
        "POST", "/activity", json_body={"events": [{"customer_id": customer_id} | events]}
    )
    assert [each["status"] for each in orders.json["results"]] == ["recorded", "rejected"]
    assert activity.json["recorded"] == 1
    told = orders.json["results"][0]["customer_id"]
    assert told == activity.json["results"][0]["customer_id"]
    for answer in (orders, activity):
        assert customer_id not in answer.body
        assert quote(customer_id) not in answer.body
    customer = gateway.container.get_ltv_repository().get_customer(told)
    assert customer.customer_id == told


@pytest.mark.parametrize("name", ["c", "person_00112233445566778899aabbccddeeff"])
def test_a_customer_is_read_by_any_of_their_ids(gateway: Gateway, name: str) -> None:
    container = gateway.container
    gateway.call("POST", "/orders", json_body={"orders": [an_order("a", email="ada@example.com")]})
    gateway.call("POST", "/orders", json_body={"orders": [an_order(name, email="ada@example.com")]})
    container.get_ltv_repository().save_customer_ltv(a_value("a"))
    container.get_retention_repository().save_churn_prediction(a_prediction("a"))
    for path in ("/ltv/customers/", "/retention/customers/"):
        answer = gateway.call("GET", path + name)
        assert (answer.status, answer.json["customer_id"]) == (200, "a")
