"""Looking for customers and leads, and the list of all customers, over HTTP."""

import csv
import io
from typing import Any

import pytest

from tests.http.gateway import Gateway


@pytest.mark.parametrize(
    "body",
    [
        {"email": "John@Example.com"},
        {"id": "customer_123"},
        {"system": "shop", "id": "customer_123"},
    ],
)
def test_a_customer_is_found_with_value_and_risk(scored: Gateway, body: dict[str, Any]) -> None:
    answer = scored.call("POST", "/customers/search", json_body=body)
    [found] = answer.json["customers"]
    assert (found["customer_id"], found["email"]) == ("customer_123", "john@example.com")
    page = scored.call("GET", "/retention/customers/customer_123").json
    assert (found["churn_risk"], found["value"]) == (page["churn_risk"], page["value"])


def test_a_customer_without_an_address_is_found_by_a_systems_number(gateway: Gateway) -> None:
    order = {"customer_id": "shopify:77", "order_id": "1", "amount": "5"}
    items = [order | {"ordered_at": "2024-01-01T00:00:00Z"}]
    gateway.call("POST", "/orders", json_body={"orders": items})
    body = {"system": "shopify", "id": "77"}
    [found] = gateway.call("POST", "/customers/search", json_body=body).json["customers"]
    assert (found["customer_id"], found["email"], found["value"]) == ("shopify:77", None, None)


@pytest.mark.parametrize(
    "body", [{}, {"email": "a@example.com", "id": "1"}, {"email": "nobody"}, {"system": "ebay"}]
)
def test_a_search_names_one_thing(gateway: Gateway, body: dict[str, Any]) -> None:
    assert gateway.call("POST", "/customers/search", json_body=body).status == 422


def test_a_lead_is_found_in_whatever_spelling(gateway: Gateway) -> None:
    gateway.call("POST", "/forms/default/submissions", json_body={"email": "ada@example.com"})
    body = {"email": " ADA@example.com"}
    [found] = gateway.call("POST", "/leads/search", json_body=body).json["leads"]
    assert found == gateway.call("GET", "/leads").json["leads"][0]
    nobody = gateway.call("POST", "/leads/search", json_body={"email": "no@example.com"})
    assert nobody.json == {"leads": []}


def test_customers_are_exported_for_spreadsheets(scored: Gateway) -> None:
    statement = {"consents": [{"purpose": "marketing", "state": "denied"}]}
    told = scored.call("PUT", "/customers/customer_123/consents", json_body=statement)
    assert told.status == 200
    order = {"customer_id": "=1+1", "order_id": "1", "amount": "5"}
    items = [order | {"ordered_at": "2024-01-01T00:00:00Z"}]
    scored.call("POST", "/orders", json_body={"orders": items})
    answer = scored.call("GET", "/customers/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="customers.csv"'
    formula, john = csv.DictReader(io.StringIO(answer.body, newline=""))
    assert (formula["customer_id"], formula["marketing_consent"]) == ("'=1+1", "")
    assert (john["email"], john["marketing_consent"], john["suppressed"]) == (
        "john@example.com",
        "denied",
        "true",
    )
    value = scored.call("GET", "/ltv/customers/customer_123").json
    assert (john["predicted_value"], john["currency"]) == (value["predicted_clv"], "USD")
    of_risk = scored.call("GET", "/customers/export", query="risk=" + john["risk_level"])
    assert len(of_risk.body.splitlines()) == 2
    assert scored.call("GET", "/customers/export", query="segment=nowhere").status == 404
    assert scored.call("GET", "/customers/export", scopes=["retention:read"]).status == 403
