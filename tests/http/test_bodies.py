"""Bodies, whichever route takes them."""

import base64
import json

import pytest

from succotash.container import Container
from succotash.http.reading import JSON_TYPE
from succotash.http.requests import Route
from tests.events import http_event
from tests.http.campaigns import CAMPAIGNS
from tests.http.gateway import SCOPES, Gateway
from tests.http.problems import require_problem
from tests.http.routes import ROUTES, a_path

TAKING_JSON = [
    route
    for route, function in ROUTES
    if JSON_TYPE in route.takes and function != "connectors"  # tests of its own: it is signed
]


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
        (b'{"name": "a", "name": "b"}', "repeated-name", "repeats"),
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
        (b'{"name": ' + b"[" * 100_000 + b"}", "too-large", "The limit is"),
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


def test_base64_and_plain_bodies_mean_the_same(gateway: Gateway) -> None:
    text = '{"name": "Grüße"}'
    headers = {"content-type": "application/json"}

    plain = gateway.call("POST", CAMPAIGNS, body=text, headers=headers)
    encoded = gateway.call("POST", CAMPAIGNS, body=text.encode(), headers=headers)

    assert plain.json["name"] == encoded.json["name"] == "Grüße"
    assert base64.b64decode(http_event("POST", "/", body=b"x")["body"]) == b"x"
