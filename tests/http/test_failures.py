"""What nobody expected: answered without detail, logged without personal data."""

import json
from typing import Any

import pytest

from succotash.errors import InvalidInputError, StorageError
from succotash.http.api import Api, Served
from succotash.settings import Settings
from tests.events import http_event

SECRET = "ada@example.com"
REASON = "the database refused a statement (SQLSTATE 23514)"
ORIGIN = "https://example.com"
SUBMISSIONS = "/forms/{form_id}/submissions"


class Parts:
    """No more than the edge itself needs."""

    settings = Settings()


def failing_api(name: str) -> Api[Parts]:
    api = Api[Parts](name)

    @api.route("POST", SUBMISSIONS, scope=None, origins=lambda *_: [ORIGIN])
    def explode(_: Parts, form_id: str) -> str:
        """Fail."""
        try:
            raise ValueError(f"row ({form_id}, {SECRET})")
        except ValueError as error:
            raise RuntimeError(SECRET) from error

    @api.route("GET", "/storage", scope=None)
    def refuse(_: Parts) -> str:
        """Fail in the storage."""
        raise StorageError(REASON)

    @api.route("GET", "/reader", scope=None)
    def misread(_: Parts) -> str:
        """Refuse a name that no text may hold."""
        raise InvalidInputError.of("\ud800\0", "unknown_field", "Unknown field")

    return api


@pytest.fixture
def served() -> Served[Parts]:
    return failing_api("failing").on(Parts())


def a_submission(**given: Any) -> dict[str, Any]:  # noqa: ANN401 - of http_event
    return http_event("POST", "/forms/a/submissions", route=SUBMISSIONS, **given)


def send(served: Served[Parts], event: dict[str, Any]) -> dict[str, Any]:
    return served(event, None)  # type: ignore[arg-type]  # the context is not used


def test_an_unexpected_failure_is_a_problem_without_detail(served: Served[Parts]) -> None:
    event = a_submission(body="x", headers={"origin": ORIGIN})

    answer = send(served, event)

    assert answer["statusCode"] == 500
    assert json.loads(answer["body"]) == {
        "type": "urn:succotash:problem:unexpected",
        "title": "Internal server error",
        "status": 500,
        "instance": "urn:succotash:request:request-1",
    }


def test_an_unexpected_failure_keeps_its_cross_origin_headers(served: Served[Parts]) -> None:
    event = a_submission(headers={"origin": ORIGIN})

    headers = send(served, event)["headers"]

    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Vary"] == "Origin"


def test_a_failure_is_logged_with_its_places_and_without_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    served = failing_api("failing_once").on(Parts())  # a new logger, which writes to capsys
    send(served, a_submission(query="email=" + SECRET, body=SECRET))
    send(served, a_submission(body=SECRET))
    send(served, http_event("GET", "/storage", route="/storage"))

    text = capsys.readouterr().out
    assert SECRET not in text
    for expected in ("RuntimeError", "ValueError", "StorageError", REASON, "explode", "request-1"):
        assert expected in text


def test_a_storage_fault_is_a_problem_without_detail(served: Served[Parts]) -> None:
    answer = send(served, http_event("GET", "/storage", route="/storage"))

    assert answer["statusCode"] == 500
    assert REASON not in answer["body"]


def test_a_refusal_can_say_any_name(served: Served[Parts]) -> None:
    answer = send(served, http_event("GET", "/reader", route="/reader"))

    assert answer["statusCode"] == 422
    assert answer["body"].isascii()
    assert json.loads(answer["body"])["errors"][0]["field"] == "\ud800\0"
