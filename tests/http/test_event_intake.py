"""Orders and activity in batches: every item has a result of its own."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import event_intake
from succotash.application.batches import Rejected
from succotash.domain.values import CustomerId, Json
from succotash.http.batches import Kind, read_batch
from succotash.http.rejections import UNREADABLE
from succotash.http.requests import Call
from tests.events import http_event
from tests.http.event_bodies import an_activity, an_order, send_orders
from tests.http.gateway import Gateway
from tests.http.problems import require_problem

NDJSON = {"content-type": "application/x-ndjson"}
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"amount": "9,99"}, "amount", "amount"),
        ({"amount": "1e5"}, "amount", "amount"),
        ({"amount": "NaN"}, "amount", "amount"),
        ({"amount": True}, "amount", "amount"),
        ({"amount": None}, "amount", "amount"),
        ({"amount": "0.00001"}, "amount", "too_precise"),
        ({"amount": "999999999999999"}, "amount", "amount_out_of_range"),
        ({"amount": "1000000000000"}, "amount", "amount_out_of_range"),
        ({"amount": "-1000000000000", "refund_of": "0"}, "amount", "amount_out_of_range"),
        ({"amount": "-1"}, "amount", "refunds_nothing"),
        ({"amount": "1", "refund_of": "0"}, "amount", "refund_not_negative"),
        ({"amount": "-1", "refund_of": "1"}, "refund_of", "refunds_itself"),
        ({"currency": "EUR"}, "currency", "currency_mismatch"),
        ({"currency": "usd"}, "currency", "string_pattern_mismatch"),
        ({"ordered_at": "1998-01-01"}, "ordered_at", "instant"),
        ({"ordered_at": "1998-01-01T00:00:00"}, "ordered_at", "timezone_missing"),
        ({"ordered_at": 883612800}, "ordered_at", "instant"),
        ({"email": "nobody"}, "email", "email"),
        ({"customer_id": ""}, "customer_id", "string_too_short"),
        ({"customer_id": 7}, "customer_id", "string_type"),
        ({"customer_id": "x" * 201}, "customer_id", "string_too_long"),
        ({"customer_id": "a\nb"}, "customer_id", "control_character"),
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"customer_id": "a\0b"}, "", "malformed"),
        ({"customer_id": "a\ud800b"}, "", "malformed"),
        ({"customer_id": [[]]}, "customer_id", "string_type"),
    ],
)
def test_a_bad_order_is_rejected_alone(
    change: dict[str, Any], field: str, code: str, gateway: Gateway
) -> None:
    answer = send_orders(gateway, an_order("0"), an_order(**change), an_order("2"))

    assert answer.status == 200
    statuses = [each["status"] for each in answer.json["results"]]
    assert statuses == ["recorded", "rejected", "recorded"]
    rejected = answer.json["results"][1]
    assert [(each["field"], each["code"]) for each in rejected["errors"]] == [(field, code)]
    assert rejected["id"] == "1"
    customer = an_order(**change)["customer_id"]
    assert rejected["customer_id"] == (customer if customer in ("c", "") else None)


@pytest.mark.parametrize("item", [None, 5, "text", [], {}])
def test_what_is_no_order_is_rejected_without_a_name(item: Json, gateway: Gateway) -> None:
    result = send_orders(gateway, item, an_order()).json["results"]

    assert [each["status"] for each in result] == ["rejected", "recorded"]
    assert (result[0]["id"], result[0]["customer_id"]) == (None, None)


def test_an_order_from_the_future_is_rejected(gateway: Gateway) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()

    result = send_orders(gateway, an_order(ordered_at=tomorrow)).json["results"][0]

    assert result["errors"][0]["code"] == "in_the_future"


def test_the_same_order_again_is_unchanged_and_another_with_its_id_conflicts(
    gateway: Gateway,
) -> None:
    send_orders(gateway, an_order())

    again = send_orders(gateway, an_order(), an_order(amount=10))

    assert [each["status"] for each in again.json["results"]] == ["unchanged", "conflicting"]


def test_refunds_that_do_not_fit_are_recorded_with_a_warning(gateway: Gateway) -> None:
    send_orders(gateway, an_order("theirs", customer_id="somebody else"))
    batch = [
        an_order("early", amount="-1", refund_of="not yet"),
        an_order("too much", amount="-10.01", refund_of="1"),
        an_order("1", amount="10"),
        an_order("again", amount="-1", refund_of="early"),
        an_order("stray", amount="-1", refund_of="theirs"),
        an_order("2", amount="10"),
        an_order("all of it", amount="-10", refund_of="2"),
        an_order("wrong", amount="1", refund_of="2"),
    ]
    expected = [
        None,
        "refunds_exceed_order",
        None,
        "refund_of_refund",
        "order_of_another_customer",
        None,
        None,
        None,
    ]

    for status in ("recorded", "unchanged"):
        results = send_orders(gateway, *batch).json["results"]

        assert [each["status"] for each in results] == [status] * 7 + ["rejected"]
        assert [each.get("warning", {}).get("code") for each in results] == expected
        assert all(each["warning"]["message"] for each in results if "warning" in each)

    late = send_orders(gateway, an_order("not yet", amount="0.5"))
    assert "warning" not in late.json["results"][0]
    more = send_orders(gateway, an_order("more", amount="-0.1", refund_of="not yet"))
    assert more.json["results"][0]["warning"]["code"] == "refunds_exceed_order"


@pytest.mark.parametrize(
    ("amount", "kept"),
    [
        ("0.1", "0.1"),
        ("719925474099.3006", "719925474099.3006"),
        ("5", "5"),
        ('"0.30"', "0.3"),
    ],
)
def test_an_amount_is_read_exactly(amount: str, kept: str, gateway: Gateway) -> None:
    body = json.dumps({"orders": [an_order(amount="AMOUNT")]}).replace('"AMOUNT"', amount)

    answer = gateway.call("POST", "/orders", body=body, headers=JSON)

    assert answer.json["recorded"] == 1
    [order] = gateway.container.get_ltv_repository().get_orders(CustomerId("c"))
    assert f"{order.amount.amount.normalize():f}" == kept


def test_lines_are_read_one_by_one(gateway: Gateway) -> None:
    lines = [
        json.dumps(an_order("1")),
        "",
        '{"customer_id": ',
        '{"a": 1, "a": 2}',
        json.dumps(an_order("2")) + "\r",
    ]

    answer = gateway.call("POST", "/orders", body="\n".join(lines).encode(), headers=NDJSON)

    assert answer.status == 200
    statuses = [each["status"] for each in answer.json["results"]]
    assert statuses == ["recorded", "rejected", "rejected", "recorded"]
    assert answer.json["results"][1]["errors"][0]["code"] == "malformed"


@pytest.mark.parametrize(
    "amount",
    ["NaN", "-Infinity", "1e999", "1e9999999999999999999", "1" * 50, '1, "amount": 1'],
)
@pytest.mark.parametrize("headers", [JSON, NDJSON])
def test_what_cannot_be_read_of_an_order_is_that_orders_result(
    amount: str, headers: dict[str, str], gateway: Gateway
) -> None:
    good, bad = json.dumps(an_order("1")), json.dumps(an_order("2", amount="AMOUNT"))
    items = [good, bad.replace('"AMOUNT"', amount), json.dumps(an_order("3"))]
    body = "\n".join(items) if headers is NDJSON else '{"orders": [' + ", ".join(items) + "]}"

    answer = gateway.call("POST", "/orders", body=body, headers=headers)

    assert [each["status"] for each in answer.json["results"]] == [
        "recorded",
        "rejected",
        "recorded",
    ]
    [error] = answer.json["results"][1]["errors"]
    assert (error["field"], error["code"]) == ("", "malformed")


def test_a_failure_nobody_expected_rejects_its_item_and_is_logged_by_its_class(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def read(item: object) -> object:
        if item == {"order_id": "secret"}:
            raise ZeroDivisionError(str(item))
        return item

    items = [{"order_id": "1"}, {"order_id": "secret"}, {"order_id": "secret"}, {"order_id": "2"}]
    event = http_event("POST", "/orders", json_body={"orders": items})
    [route] = [each for each in event_intake.api.routes if each.path == "/orders"]

    results = read_batch(Call(event, "1", route, {}), Kind("orders", "order_id", read))

    assert [results[0], results[3]] == [items[0], items[3]]
    assert [results[1], results[2]] == [Rejected("secret", None, (UNREADABLE,))] * 2
    assert caplog.text.count("ZeroDivisionError") == 1
    assert "secret" not in caplog.text


def test_activity_is_recorded_and_bad_items_rejected_alone(gateway: Gateway) -> None:
    events = [
        an_activity("1", kind="session", duration_seconds=61.5, interests=["tea", "cake"]),
        an_activity("2", kind="custom", name="recipe_saved", campaign_id="spring"),
        an_activity("3", kind="custom"),
        an_activity("4", kind="visit"),
        an_activity("5", duration_seconds=-1),
        an_activity("6", duration_seconds="61"),
        an_activity("7", interests=[""]),
        an_activity("1", kind="click"),
    ]

    answer = gateway.call("POST", "/activity", json_body={"events": events})

    codes = [each.get("errors", [{"code": None}])[0]["code"] for each in answer.json["results"]]
    assert codes == [
        None,
        None,
        "name_missing",
        "enum",
        "greater_than_equal",
        "float_type",
        "string_too_short",
        "conflicting",
    ]


def test_activity_may_come_as_lines(gateway: Gateway) -> None:
    body = "\n".join(json.dumps(an_activity(str(number))) for number in range(3))

    answer = gateway.call("POST", "/activity", body=body, headers=NDJSON)

    assert answer.json["recorded"] == 3


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "orders", "required"),
        ({"orders": []}, "orders", "empty"),
        ({"orders": {}}, "orders", "list_type"),
        ({"orders": [an_order()], "currency": "USD"}, "currency", "unknown_field"),
        ({"events": []}, "events", "unknown_field"),
    ],
)
def test_a_batch_that_holds_no_orders_is_refused(
    body: Json, field: str, code: str, gateway: Gateway
) -> None:
    errors = require_problem(gateway.call("POST", "/orders", json_body=body), 422, "invalid-input")

    assert (errors["errors"][0]["field"], errors["errors"][0]["code"]) == (field, code)


@pytest.mark.parametrize(
    ("body", "headers", "status", "name"),
    [
        (b"\xff", NDJSON, 400, "not-utf-8"),
        (b"\n\n", NDJSON, 422, "invalid-input"),
        (b"{}\n" * 501, NDJSON, 422, "invalid-input"),
        (b'{"orders": [' + b"{}," * 500 + b"{}]}", JSON, 422, "invalid-input"),
        (b'{"orders": [', JSON, 400, "malformed-request"),
        (b'{"orders": NaN}', JSON, 400, "unreadable-number"),
        (b'{"orders": [{}], "a": 1e9999999999999999999}', JSON, 400, "unreadable-number"),
        (b'{"orders": [{}], "orders": [{}]}', JSON, 400, "repeated-name"),
        (b'{"\\ud800": 1}', JSON, 400, "lone-surrogate"),
        (b'{"orders": [{}], "a\\u0000": 1}', JSON, 400, "nul-character"),
        (b"[]", JSON, 400, "malformed-request"),
        (b"customer_id,amount", {"content-type": "text/csv"}, 415, "unsupported-media-type"),
        (b" " * (1024 * 1024 + 1), JSON, 413, "too-large"),
    ],
)
def test_a_batch_that_cannot_be_read_is_refused_whole(
    body: bytes, headers: dict[str, str], status: int, name: str, gateway: Gateway
) -> None:
    require_problem(gateway.call("POST", "/orders", body=body, headers=headers), status, name)


def test_five_hundred_items_are_a_batch(gateway: Gateway) -> None:
    answer = send_orders(gateway, *(an_order(str(number)) for number in range(500)))

    assert answer.json["recorded"] == 500
