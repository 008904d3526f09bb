"""What customers and leads said, over HTTP."""

from datetime import timedelta

import pytest

from succotash.domain.values import Json, system_clock
from tests.http.gateway import Answered, Gateway
from tests.http.problems import require_problem

ADA = "ada@example.com"
YES: dict[str, Json] = {"purpose": "marketing", "state": "granted", "text": "On the phone."}
NO: dict[str, Json] = {"purpose": "marketing", "state": "denied"}


def put(gateway: Gateway, *consents: Json, customer: str = "ada") -> Answered:
    return gateway.call(
        "PUT", f"/customers/{customer}/consents", json_body={"consents": [*consents]}
    )


@pytest.fixture
def customer(gateway: Gateway) -> str:
    order = {
        "customer_id": "ada",
        "order_id": "o1",
        "ordered_at": "2024-05-06T12:00:00Z",
        "amount": "10",
        "email": ADA,
    }
    assert gateway.call("POST", "/orders", json_body={"orders": [order]}).json["recorded"] == 1
    return "/customers/ada/consents"


def test_what_a_customer_said_is_recorded_shown_and_exported(
    gateway: Gateway, customer: str
) -> None:
    said_at = "2025-01-02T03:04:05Z"
    assert gateway.call("GET", customer).json == {"current": [], "suppressed": [], "history": []}
    answer = put(gateway, YES | {"occurred_at": said_at}, NO | {"purpose": "surveys"})
    assert answer.status == 200
    assert [each["state"] for each in answer.json["current"]] == ["granted", "denied"]
    assert answer.json["history"][0] | {"recorded_at": None} == {
        "purpose": "marketing",
        "state": "granted",
        "occurred_at": said_at,
        "recorded_at": None,
        "origin": "api",
        "text": "On the phone.",
        "source_id": None,
    }
    assert gateway.call("GET", customer).json == answer.json
    exported = gateway.call("POST", "/people/export", json_body={"email": ADA}).json
    assert exported["consents"] == answer.json
    erased = gateway.call("POST", "/people/erasures", json_body={"email": ADA}).json
    assert erased["erased_rows"]["consents"] == 2
    exported = gateway.call("POST", "/people/export", json_body={"email": ADA}).json["consents"]
    assert exported["history"] == []
    assert [(each["purpose"], each["reason"]) for each in exported["suppressed"]] == [
        ("marketing", "erased"),
        ("surveys", "denied"),
    ]


def test_a_lead_is_the_same_person(gateway: Gateway, customer: str) -> None:
    gateway.call("POST", "/forms/default/submissions", json_body={"email": ADA}, scopes=None)
    lead = gateway.call("GET", "/leads").json["leads"][0]["lead_id"]
    answer = gateway.call("PUT", f"/leads/{lead}/consents", json_body={"consents": [NO]})
    assert answer.json["suppressed"][0]["reason"] == "denied"
    assert gateway.call("GET", f"/leads/{lead}/consents").json == answer.json
    assert gateway.call("GET", customer).json == answer.json


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [YES | {"text": None}],
        [NO | {"state": "perhaps"}],
        [NO | {"purpose": "campaign:x"}],
        [NO | {"purpose": "No!"}],
        [NO | {"by": "me"}],
        [YES, NO],
        [NO | {"occurred_at": "2024-05-06T12:00:00"}],
        [NO | {"occurred_at": (system_clock() + timedelta(days=1)).isoformat()}],
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_recorded(
    wrong: list[Json], gateway: Gateway, customer: str
) -> None:
    require_problem(put(gateway, *wrong), 422, "invalid-input")
    assert gateway.call("GET", customer).json["history"] == []


def test_who_is_not_known_or_has_no_address_is_told_apart(gateway: Gateway) -> None:
    order = {
        "customer_id": "shy",
        "order_id": "o2",
        "ordered_at": "2024-05-06T12:00:00Z",
        "amount": "10",
    }
    gateway.call("POST", "/orders", json_body={"orders": [order]})
    require_problem(put(gateway, NO, customer="nobody"), 404, "not-found")
    require_problem(put(gateway, NO, customer="shy"), 409, "conflict")
    require_problem(gateway.call("GET", "/leads/nobody/consents"), 404, "not-found")
    require_problem(put(gateway, NO, customer=ADA), 422, "invalid-input")


@pytest.mark.parametrize("scope", ["leads:write", "ltv:read"])
def test_only_those_who_manage_people_see_or_change_it(
    scope: str, gateway: Gateway, customer: str
) -> None:
    for method in ("GET", "PUT"):
        body = {"consents": [NO]} if method == "PUT" else None
        answer = gateway.call(method, customer, json_body=body, scopes=[scope])
        require_problem(answer, 403, "missing-scope")
