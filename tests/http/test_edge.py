"""What every address does with requests that are not as they should be."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

import ltv_queries
from succotash.container import Container
from succotash.domain.values import SubmissionId
from succotash.http.reading import JSON_TYPE
from succotash.http.requests import Route
from tests.builders import a_value
from tests.events import EVENTS, http_event, sample
from tests.http.gateway import APIS, SCOPES, Answered, Gateway

CAMPAIGNS = "/retention/campaigns"
ROUTES = [(route, api.name) for api in APIS for route in api.routes]
PRIVATE = [route for route, _ in ROUTES if route.scope]
TAKING_JSON = [route for route, _ in ROUTES if JSON_TYPE in route.takes]
HTTP_EVENTS = sorted(
    path.stem for path in EVENTS.glob("*.json") if "requestContext" in sample(path.stem)
)
IDS = {"form_id": "default", "segment_id": "vip", "cohort_id": "2024-05"}


def a_path(route: Route[Container]) -> str:
    return re.sub(r"{(\w+)}", lambda name: IDS.get(name[1], "customer_123"), route.path)


def require_problem(answer: Answered, status: int, name: str) -> dict[str, Any]:
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json
    assert problem["type"] == f"urn:succotash:problem:{name}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["instance"].startswith("urn:succotash:request:")
    return problem


@pytest.mark.parametrize("name", HTTP_EVENTS)
def test_every_sample_event_is_answered(name: str, scored: Gateway) -> None:
    answer = scored.send(sample(name))

    assert answer.status in (200, 201, 303)


def test_every_route_has_a_sample_event_of_its_function() -> None:
    functions = {path.stem.partition(".")[0] for path in EVENTS.glob("*.json")}

    assert functions == {path.parent.name for path in (EVENTS.parent / "functions").glob("*/*.py")}
    assert functions >= {api.name for api in APIS}


@pytest.mark.parametrize("route", PRIVATE, ids=lambda each: f"{each.method} {each.path}")
def test_a_private_route_refuses_a_request_without_a_token(
    route: Route[Container], gateway: Gateway
) -> None:
    answer = gateway.call(route.method, a_path(route), scopes=None)

    require_problem(answer, 401, "missing-token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("route", PRIVATE, ids=lambda each: f"{each.method} {each.path}")
def test_a_private_route_refuses_a_token_with_every_other_scope(
    route: Route[Container], gateway: Gateway
) -> None:
    others = [scope for scope in SCOPES if scope != route.scope]

    problem = require_problem(
        gateway.call(route.method, a_path(route), scopes=others), 403, "missing-scope"
    )

    assert route.scope in problem["detail"]


def test_a_scope_may_stand_in_the_claims_behind_the_issuers_prefix() -> None:
    gateway = Gateway({"SUCCOTASH_STORAGE": "memory", "SCOPE_PREFIX": "api/"})
    event = http_event("GET", "/ltv/segments")
    event["requestContext"]["authorizer"] = {
        "jwt": {"claims": {"scope": "api/ltv:write api/ltv:read"}, "scopes": None}
    }

    assert gateway.send(event).status == 200
    assert gateway.call("GET", "/ltv/segments", scopes=["ltv:read"]).status == 403


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (b"", "malformed-request", "valid JSON"),
        (b"{", "malformed-request", "valid JSON"),
        (b'{"name": "a"} {"name": "b"}', "malformed-request", "valid JSON"),
        (b'\xef\xbb\xbf{"name": "a"}', "malformed-request", "valid JSON"),
        (b'{"name": "\xff"}', "not-utf-8", "UTF-8"),
        (b'{"name": "a\\u0000b"}', "nul-character", "NUL"),
        (b'{"name": "a\\ud800b"}', "lone-surrogate", "surrogate"),
        (b'{"name": "a", "name": "b"}', "repeated-name", "more than once"),
        (b'{"name": NaN}', "unreadable-number", "NaN"),
        (b'{"name": -Infinity}', "unreadable-number", "Infinity"),
        (b'{"name": 1e999}', "unreadable-number", "out of range"),
        (b'{"name": 9.9e308}', "unreadable-number", "out of range"),
        (b'{"name": -1.8e308}', "unreadable-number", "out of range"),
        (b'{"name": 1e9999999999999999999}', "unreadable-number", "out of range"),
        (b'{"name": -1.5E-9999999999999999999}', "unreadable-number", "out of range"),
        (b'{"name": 0e999999999999}', "unreadable-number", "out of range"),
        (b'{"name": ' + b"9" * 5000 + b"}", "unreadable-number", "64 bits"),
        (b'{"name": 9223372036854775808}', "unreadable-number", "64 bits"),
        (b'{"name": -9223372036854775809}', "unreadable-number", "64 bits"),
        (b'{"name": 0.' + b"1" * 5000 + b"}", "unreadable-number", "digits"),
        (b'{"name": ' + b"[" * 100_000 + b"}", "too-large", "takes at most"),
        (b'{"name": ' + b"[" * 21 + b"]" * 21 + b"}", "too-deep", "deeper"),
        (b'{"name": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "too-deep", "deeper"),
        (
            json.dumps({f"field{n}": 1 for n in range(201)}).encode(),
            "too-many-fields",
            "200 fields",
        ),
        (b"[]", "malformed-request", "one JSON object"),
        (b'"text"', "malformed-request", "one JSON object"),
    ],
    ids=lambda each: each[:20] if isinstance(each, bytes) else each,
)
def test_a_body_that_cannot_be_read_is_refused_with_a_sentence(
    body: bytes, kind: str, sentence: str, gateway: Gateway
) -> None:
    headers = {"content-type": "application/json"}

    answer = gateway.call("POST", CAMPAIGNS, body=body, headers=headers)

    status = 413 if kind == "too-large" else 400
    assert sentence in require_problem(answer, status, kind)["detail"]
    assert gateway.call("GET", CAMPAIGNS).json["campaigns"] == []
    if b"\xff" not in body:  # what is no UTF-8 cannot come without base64
        plain = gateway.call("POST", CAMPAIGNS, body=body.decode(), headers=headers)
        assert plain.json == answer.json


@pytest.mark.parametrize("route", TAKING_JSON, ids=lambda each: f"{each.method} {each.path}")
def test_no_route_takes_a_number_beyond_every_exponent(
    route: Route[Container], gateway: Gateway
) -> None:
    answer = gateway.call(
        route.method,
        a_path(route),
        body='{"name": 1e9999999999999999999}',
        headers={"content-type": "application/json"},
    )

    require_problem(answer, 400, "unreadable-number")


@pytest.mark.parametrize(
    "body", ["a", "####", "e30=\n", "{}", "e30é", "e30=\ud800", "\uff45\uff13\uff10"]
)
def test_a_body_that_is_no_base64_although_it_should_be_is_refused(
    body: str, gateway: Gateway
) -> None:
    event = http_event(
        "POST", CAMPAIGNS, body="", scopes=SCOPES, headers={"content-type": "application/json"}
    )

    answer = gateway.send(event | {"body": body, "isBase64Encoded": True})

    assert "base64" in require_problem(answer, 400, "malformed-request")["detail"]


def test_half_a_surrogate_pair_in_a_plain_body_is_refused(gateway: Gateway) -> None:
    answer = gateway.call(
        "POST", CAMPAIGNS, body='{"name": "\ud800"}', headers={"content-type": "application/json"}
    )

    assert "surrogate" in require_problem(answer, 400, "lone-surrogate")["detail"]


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/xml", "application/json; charset=latin-1"],
)
def test_a_body_of_another_content_type_is_refused(
    content_type: str | None, gateway: Gateway
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}

    answer = gateway.call("POST", CAMPAIGNS, body='{"name": "a"}', headers=headers)

    require_problem(answer, 415, "unsupported-media-type")


def test_a_content_type_may_name_utf_8_in_any_case(gateway: Gateway) -> None:
    headers = {"Content-Type": 'Application/JSON; charset="UTF-8"'}

    assert gateway.call("POST", CAMPAIGNS, body='{"name": "a"}', headers=headers).status == 201


@pytest.mark.parametrize("is_base64", [True, False])
def test_a_body_over_the_limit_is_refused(*, is_base64: bool, gateway: Gateway) -> None:
    body = json.dumps({"name": "a", "description": "x" * 65_536})

    answer = gateway.call(
        "POST",
        CAMPAIGNS,
        body=body,
        is_base64=is_base64,
        headers={"content-type": "application/json"},
    )

    assert "64 KB" in require_problem(answer, 413, "too-large")["detail"]


def test_every_field_that_is_wrong_is_listed(gateway: Gateway) -> None:
    answer = gateway.call(
        "POST",
        CAMPAIGNS,
        json_body={
            "name": 5,
            "target_risk_level": "extreme",
            "starts_at": "2024-05-06T12:00:00",
            "ends_at": "tomorrow",
            "colour": "red",
        },
    )

    problem = require_problem(answer, 422, "invalid-input")
    assert {each["field"]: each["code"] for each in problem["errors"]} == {
        "name": "string_type",
        "target_risk_level": "enum",
        "starts_at": "timezone_missing",
        "ends_at": "instant",
        "colour": "unknown_field",
    }
    assert all(each["message"] for each in problem["errors"])
    assert "tomorrow" not in answer.body


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


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("fe80::1%eth0", "fe80::1"),
        ("fe80::1%\ud800", "fe80::1"),
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:443", None),
        ("nobody", None),
        ("", None),
    ],
)
def test_an_address_is_kept_without_its_zone(
    given: str, kept: str | None, gateway: Gateway
) -> None:
    event = http_event("POST", "/forms/default/submissions", json_body={"email": "ada@example.com"})
    event["requestContext"]["http"]["sourceIp"] = given

    receipt = gateway.send(event)

    assert receipt.status == 201
    submission_id = SubmissionId(receipt.json["submission_id"])
    stored = gateway.container.storage.repositories.forms.get_form_submission(submission_id)
    assert stored.ip_address == kept


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("GET", "/forms/"),
        ("DELETE", "/forms/default"),
        ("HEAD", "/health"),
        ("OPTIONS", "/ltv/segments"),
    ],
)
def test_what_is_no_route_reaches_no_function(method: str, path: str, gateway: Gateway) -> None:
    answer = gateway.call(method, path)

    assert (answer.status, answer.json) == (404, {"message": "Not Found"})


@pytest.mark.parametrize("path", ["/ltv/customers/a/b", "/ltv/customers/\ud800/"])
def test_an_id_with_a_slash_is_not_found(path: str) -> None:
    served = ltv_queries.api.on(Container({"SUCCOTASH_STORAGE": "memory"}))

    answer = served(http_event("GET", path, scopes=["ltv:read"]), LambdaContext())

    assert answer["statusCode"] == 404
    assert json.loads(answer["body"])["type"] == "urn:succotash:problem:unknown-address"


def test_answers_are_not_kept_by_caches(gateway: Gateway) -> None:
    for path in ("/leads", "/ltv/segments", "/ltv/customers/nobody", "/health"):
        assert gateway.call("GET", path).headers["Cache-Control"] == "no-store"


def test_a_wrong_setting_stops_the_call_with_a_sentence_that_names_it() -> None:
    gateway = Gateway({"SUCCOTASH_STORAGE": "paper"})

    for path in ("/health", "/ltv/segments"):
        answer = gateway.call("GET", path)
        problem = require_problem(answer, 503, "misconfigured")
        assert "SUCCOTASH_STORAGE" in problem["detail"]
        assert "Retry-After" in answer.headers


def test_a_database_that_is_down_is_answered_with_when_to_try_again(tmp_path: Path) -> None:
    gateway = Gateway(
        {
            "SUCCOTASH_STORAGE": "postgres",
            "DB_HOST": str(tmp_path),  # a directory in which no server has its socket
            "DB_CONNECT_TIMEOUT": "1",
        }
    )

    answers = [
        gateway.call("GET", "/health"),
        gateway.call("GET", "/ltv/segments"),
        gateway.call("POST", "/forms/default/submissions", json_body={"email": "a@example.com"}),
    ]

    for answer in answers:
        require_problem(answer, 503, "storage-unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert str(tmp_path) not in answer.body


def test_the_request_id_tells_the_answer_apart(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/forms/nothing", request_id="JKJaXmPLvHcESHA=")

    assert answer.json["instance"] == "urn:succotash:request:JKJaXmPLvHcESHA="


def test_base64_and_plain_bodies_mean_the_same(gateway: Gateway) -> None:
    text = '{"name": "Grüße"}'
    headers = {"content-type": "application/json"}

    plain = gateway.call("POST", CAMPAIGNS, body=text, headers=headers)
    encoded = gateway.call("POST", CAMPAIGNS, body=text.encode(), headers=headers)

    assert plain.json["name"] == encoded.json["name"] == "Grüße"
    assert base64.b64decode(http_event("POST", "/", body=b"x")["body"]) == b"x"


def test_importing_the_functions_reads_no_setting() -> None:
    assert "settings" not in vars(Container())
    for api in APIS:
        api.on(Container({"SUCCOTASH_STORAGE": "nonsense"}))
