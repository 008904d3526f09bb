"""Ids and query strings, whichever route takes them."""

import pytest

from tests.builders import a_value
from tests.http.gateway import Gateway
from tests.http.problems import require_problem


@pytest.mark.parametrize(
    ("path", "query", "field", "code"),
    [
        ("/ltv/analysis", "from=2024-01-01", "from", "unknown_field"),
        ("/ltv/segments", "limit=5", "limit", "unknown_field"),
        ("/ltv/analysis", "start=2024-01-01&start=2024-01-02", "start", "repeated"),
        ("/ltv/analysis", "start=01.02.2024", "start", "day"),
        ("/ltv/analysis", "start=2024-02-30", "start", "day"),
        ("/ltv/analysis", "start=2024-01-01T00:00:00Z", "start", "day"),
        ("/ltv/analysis", "start=", "start", "day"),
        ("/ltv/analysis", "start=2024-02-01&end=2024-01-01", "end", "range_reversed"),
        (
            "/forms/analytics",
            "start=2024-02-01T00:00:00Z&end=2024-01-01T00:00:00Z",
            "end",
            "range_reversed",
        ),
        ("/forms/analytics", "start=2024-02-01T00:00:00", "start", "timezone_missing"),
        ("/forms/analytics", "start=0001-01-01T00:00:00%2B14:00", "start", "instant_out_of_range"),
        ("/ltv/customers", "limit=0", "limit", "greater_than_equal"),
        ("/ltv/customers", "limit=201", "limit", "less_than_equal"),
        ("/ltv/customers", "limit=1e1", "limit", "int_type"),
        ("/ltv/customers", "limit=%D9%A3", "limit", "int_type"),
        ("/ltv/customers", "cursor=bm90aGluZw", "cursor", "cursor_invalid"),
        ("/leads", "status=won", "status", "enum"),
        ("/leads", "min_score=101", "min_score", "less_than_equal"),
        ("/leads", "source=", "source", "string_too_short"),
        ("/leads", "source=a%0Ab", "source", "control_character"),
        ("/retention/cohorts", "period=year", "period", "enum"),
        ("/retention/customers", "risk=HIGH", "risk", "enum"),
        ("/retention/campaigns", "status=sent", "status", "enum"),
        ("/forms/default/submissions", "state=spam", "state", "enum"),
    ],
)
def test_a_wrong_query_string_names_the_parameter(
    path: str, query: str, field: str, code: str, gateway: Gateway
) -> None:
    answer = gateway.call("GET", path, query=query)

    problem = require_problem(answer, 422, "invalid-input")
    assert [(each["field"], each["code"]) for each in problem["errors"]] == [(field, code)]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("status=%FF", "not-utf-8"),
        ("a=%00", "nul-character"),
        ("a=\ud800", "lone-surrogate"),
        ("\udfff=%41", "lone-surrogate"),
        ("&".join(f"a{n}=1" for n in range(300)), "too-many-fields"),
    ],
)
def test_a_query_string_that_cannot_be_read_is_refused(
    query: str, kind: str, gateway: Gateway
) -> None:
    require_problem(gateway.call("GET", "/leads", query=query), 400, kind)


@pytest.mark.parametrize(
    "path",
    [
        "/ltv/customers/nobody",
        "/ltv/customers/" + "x" * 201,
        "/ltv/customers/a\x00b",
        "/ltv/customers/a\nb",
        "/ltv/customers/a\ud800b",
        "/f/\udfff",
        '/ltv/customers/a"b?c#d%2F',
        "/ltv/cohorts/1970-01",
        "/leads/nobody",
        "/forms/unknown",
        "/forms/unknown/submissions",
        "/submissions/unknown",
        "/f/unknown",
        "/retention/customers/nobody",
        "/retention/campaigns/unknown",
        "/retention/campaigns/unknown/performance",
    ],
)
def test_an_unknown_id_is_not_found(path: str, gateway: Gateway) -> None:
    require_problem(gateway.call("GET", path), 404, "not-found")


@pytest.mark.parametrize("customer_id", ["Zoë 7", "a%41", 'a"b#c?d', "50%", "a&b=c+d"])
def test_an_id_may_hold_any_printable_character_but_a_slash(
    customer_id: str, gateway: Gateway
) -> None:
    order = {
        "customer_id": customer_id,
        "order_id": "1",
        "ordered_at": "1998-01-01T00:00:00Z",
        "amount": "5",
    }
    assert gateway.call("POST", "/orders", json_body={"orders": [order]}).json["recorded"] == 1
    gateway.container.get_ltv_repository().save_customer_ltv(a_value(customer_id))

    answer = gateway.call("GET", f"/ltv/customers/{customer_id}")

    assert answer.json["customer_id"] == customer_id


@pytest.mark.parametrize("form_id", ["a\ud800b", "a\0b", "x" * 201])
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
@pytest.mark.parametrize("storage", ["memory", "sqlite"])
def test_no_pages_origin_is_looked_up_for_an_id_that_there_cannot_be(
    form_id: str, method: str, storage: str
) -> None:
    gateway = Gateway({"SUCCOTASH_STORAGE": storage, "SQLITE_PATH": ":memory:"})

    answer = gateway.call(
        method,
        f"/forms/{form_id}/submissions",
        json_body={"email": "ada@example.com"},
        headers={"origin": "https://example.com"},
    )

    assert answer.status == (204 if method == "OPTIONS" else 404)
    assert "Access-Control-Allow-Origin" not in answer.headers
