"""Pages of other origins."""

import pytest

from tests.http.forms import ORIGIN, SUBMISSIONS, define
from tests.http.gateway import Gateway


def test_a_page_of_an_allowed_origin_may_post(gateway: Gateway) -> None:
    define(gateway)

    preflight = gateway.call("OPTIONS", SUBMISSIONS, headers={"origin": ORIGIN}, scopes=None)
    answers = [
        gateway.call("POST", SUBMISSIONS, json_body=body, headers={"origin": ORIGIN}, scopes=None)
        for body in ({"email": "a@example.com"}, {"email": "nobody"})
    ]

    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert preflight.headers["Access-Control-Allow-Methods"] == "POST"
    assert "idempotency-key" in preflight.headers["Access-Control-Allow-Headers"]
    assert [answer.status for answer in answers] == [201, 422]
    for answer in (preflight, *answers):
        assert answer.headers["Vary"] == "Origin"
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://example.com.evil.example"},
        {"origin": "http://example.com"},
        {"origin": "https://EXAMPLE.com"},
    ],
)
@pytest.mark.parametrize("form_id", ["contact", "default", "unknown"])
def test_a_page_of_any_other_origin_gets_no_leave(
    headers: dict[str, str], form_id: str, gateway: Gateway
) -> None:
    define(gateway)
    path = f"/forms/{form_id}/submissions"

    answers = [
        gateway.call("OPTIONS", path, headers=headers, scopes=None),
        gateway.call("POST", path, json_body={"email": "a@example.com"}, headers=headers),
    ]

    for answer in answers:
        assert answer.headers["Vary"] == "Origin"
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
