"""Bodies that cannot be read as one thing only."""

import json

import pytest

from tests.http.forms import BROWSER, FORM_TYPE, SUBMISSIONS, define
from tests.http.gateway import Gateway
from tests.http.problems import require_problem

JSON = "application/json"


def deep(levels: int) -> bytes:
    return b'{"email":"a@example.com","x":' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "kind", "said"),
    [
        (b'{"email":"\xff"}', JSON, 400, "not-utf-8", "The body"),
        (b'{"email":"a@example.com"', JSON, 400, "malformed-request", "line 1"),
        (b'{"email":"a@example.com","x":"\\u0000"}', JSON, 400, "nul-character", "NUL"),
        (b'{"email":"a@example.com","x":"\\ud800"}', JSON, 400, "lone-surrogate", "unpaired"),
        (
            b'{"email":"a@example.com","email":"b@example.com"}',
            JSON,
            400,
            "repeated-name",
            "repeat",
        ),
        (b'{"email":"a@example.com","x":NaN}', JSON, 400, "unreadable-number", "NaN"),
        (b'{"email":"a@example.com","x":-Infinity}', JSON, 400, "unreadable-number", "Infinity"),
        (b'{"email":"a@example.com","x":1e999}', JSON, 400, "unreadable-number", "out of range"),
        (deep(20), JSON, 400, "too-deep", "20 levels"),
        (deep(30_000), JSON, 400, "too-deep", "20 levels"),
        (
            json.dumps({f"x{number}": 1 for number in range(201)}).encode(),
            JSON,
            400,
            "too-many-fields",
            "200 fields",
        ),
        (b"email=a%40example.com&_next=%0d%0a", FORM_TYPE, 400, "control-character", "_next"),
        (b"email=a%40example.com&email=b%40example.com", FORM_TYPE, 422, "invalid-input", "errors"),
        (b'{"x":"' + b"y" * 65_536 + b'"}', JSON, 413, "too-large", "64 KB"),
        (b'{"email":"a@example.com"}', "text/plain", 415, "unsupported-media-type", "Expected"),
    ],
)
def test_what_cannot_be_read_as_one_thing_only_is_refused_and_nothing_stored(
    body: bytes, content_type: str, status: int, kind: str, said: str, gateway: Gateway
) -> None:
    define(gateway)

    answer = gateway.call(
        "POST", SUBMISSIONS, body=body, headers={"content-type": content_type}, scopes=None
    )

    assert said in require_problem(answer, status, kind)["detail"]
    assert gateway.call("GET", SUBMISSIONS).json["submissions"] == []


@pytest.mark.parametrize(
    ("body", "content_type", "status", "said"),
    [
        (b"email=%FF", FORM_TYPE, 400, "not valid UTF-8"),
        (b"email=a%40example.com&_next=%0d%0a", FORM_TYPE, 400, "control character"),
        (b"a=1&" * 20_000, FORM_TYPE, 413, "The limit is 64 KB."),
        (b"email=a@example.com", "text/plain", 415, "Expected application/json"),
        (b"--x", "multipart/form-data", 400, "boundary"),
    ],
)
def test_a_person_whose_post_cannot_be_read_sees_a_page(
    body: bytes, content_type: str, status: int, said: str, gateway: Gateway
) -> None:
    define(gateway)

    answer = gateway.call(
        "POST", SUBMISSIONS, body=body, headers=BROWSER | {"content-type": content_type}
    )

    assert answer.status == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert said in answer.body
    assert gateway.call("GET", SUBMISSIONS).json["submissions"] == []


def test_a_program_that_posts_json_gets_a_problem_whatever_it_accepts(gateway: Gateway) -> None:
    headers = BROWSER | {"content-type": "application/json"}

    answer = gateway.call("POST", SUBMISSIONS, body=b"{", headers=headers)

    require_problem(answer, 400, "malformed-request")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"email=%FF", "not-utf-8"),
        (b"email=\xff", "not-utf-8"),
        (b"email=%00", "nul-character"),
        (b"a=1&" * 201, "too-many-fields"),
    ],
)
def test_a_plain_body_that_cannot_be_read_is_refused(
    body: bytes, kind: str, gateway: Gateway
) -> None:
    answer = gateway.call(
        "POST", "/forms/default/submissions", body=body, headers={"content-type": FORM_TYPE}
    )

    require_problem(answer, 400, kind)
