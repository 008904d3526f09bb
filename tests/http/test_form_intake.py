"""Submissions as programs send them, and the health of the service."""

import pytest

from succotash.domain.values import Json
from tests.events import sample
from tests.http.forms import SUBMISSIONS, define, post_plain
from tests.http.gateway import Gateway
from tests.http.problems import require_problem


def test_a_submission_becomes_a_scored_lead(gateway: Gateway) -> None:
    answer = gateway.send(sample("form_intake.submission"))

    assert answer.status == 201
    [lead] = gateway.call("GET", "/leads").json["leads"]
    assert lead["email"] == "ada@example.com"
    assert lead["source"] == "newsletter"
    assert lead["score"]["total"] > 0


def test_a_receipt_does_not_tell_what_became_of_the_submission(gateway: Gateway) -> None:
    path = "/forms/default/submissions"
    first = {"email": "ada@example.com", "message": "Hello"}
    quarantined = {"email": "bob@example.com", "_gotcha": "x"}

    answers = [
        gateway.call("POST", path, json_body=body, scopes=None)
        for body in (first, first, quarantined)
    ]

    stored = gateway.call("GET", path).json["submissions"]
    assert [each["state"] for each in reversed(stored)] == [
        "accepted",
        "duplicate",
        "quarantined",
    ]
    for answer in answers:
        assert answer.status == 201
        assert set(answer.json) == {"submission_id", "form_id", "submitted_at"}
        assert answer.headers == answers[0].headers
    by_page = [
        post_plain(gateway, fields, form_id="default") for fields in (first, first, quarantined)
    ]
    assert {(each.status, each.headers["Location"]) for each in by_page} == {
        (303, "../../f/default/thanks")
    }


@pytest.mark.parametrize("value", [["A", "B"], True, 5, 0.5])
@pytest.mark.parametrize("name", ["email", "first_name", "last_name", "company", "phone"])
def test_what_a_lead_keeps_of_its_person_is_text(name: str, value: Json, gateway: Gateway) -> None:
    body = {"email": "ada@example.com"} | {name: value}

    answer = gateway.call("POST", "/forms/default/submissions", json_body=body, scopes=None)

    errors = require_problem(answer, 422, "invalid-input")["errors"]
    assert [(each["field"], each["code"]) for each in errors] == [(name, "text")]
    assert gateway.call("GET", "/leads").json["leads"] == []


def test_a_submission_remembers_where_it_came_from(gateway: Gateway) -> None:
    event = sample("form_intake.submission")
    event["headers"]["user-agent"] = "Agent\x07" + "x" * 1000

    submission_id = gateway.send(event).json["submission_id"]

    stored = gateway.call("GET", f"/submissions/{submission_id}").json
    assert stored["ip_address"] == "203.0.113.7"
    assert stored["user_agent"].startswith("Agentx")
    assert len(stored["user_agent"]) == 400


def test_a_sender_without_an_address_is_stored_without_one(gateway: Gateway) -> None:
    event = sample("form_intake.submission")
    event["requestContext"]["http"]["sourceIp"] = "unknown"

    submission_id = gateway.send(event).json["submission_id"]

    assert gateway.call("GET", f"/submissions/{submission_id}").json["ip_address"] is None


def test_a_repeat_with_the_same_key_returns_the_first_answer(gateway: Gateway) -> None:
    event = sample("form_intake.submission")

    first, second = gateway.send(event), gateway.send(event)

    assert (second.status, second.json) == (201, first.json)
    assert gateway.call("GET", "/forms/default/submissions").json["submissions"][1:] == []


def test_a_key_used_with_another_body_is_refused(gateway: Gateway) -> None:
    event = sample("form_intake.submission")
    gateway.send(event)

    answer = gateway.send(event | {"body": event["body"] + " "})

    require_problem(answer, 422, "idempotency-key-reused")


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\tb"])
def test_a_key_must_be_short_and_printable(key: str, gateway: Gateway) -> None:
    event = sample("form_intake.submission")
    event["headers"]["idempotency-key"] = key

    problem = require_problem(gateway.send(event), 422, "invalid-input")

    assert problem["errors"][0]["field"] == "Idempotency-Key"


def test_every_answer_that_breaks_a_rule_is_named_and_nothing_is_stored(gateway: Gateway) -> None:
    define(gateway)

    answer = gateway.call(
        "POST",
        SUBMISSIONS,
        json_body={"email": "nobody", "topics": "d", "colour": "red"},
        scopes=None,
    )

    errors = require_problem(answer, 422, "invalid-input")["errors"]
    assert {each["field"]: each["code"] for each in errors} == {
        "email": "email",
        "topics": "choice",
        "colour": "unknown_field",
    }
    assert gateway.call("GET", SUBMISSIONS).json["submissions"] == []


def test_answers_are_flat(gateway: Gateway) -> None:
    answers = {"email": "a@example.com", "who": {"name": "A"}, "list": [1], "long": ["x"] * 101}

    answer = gateway.call("POST", "/forms/default/submissions", json_body=answers, scopes=None)

    errors = require_problem(answer, 422, "invalid-input")["errors"]
    assert {each["field"]: each["code"] for each in errors} == {
        "who": "nested",
        "list": "nested",
        "long": "too_long",
    }


def test_numbers_and_lists_are_kept_as_sent(gateway: Gateway) -> None:
    answers = {"email": "a@example.com", "seats": 3, "rate": 0.5, "topics": ["a", "b"], "ok": True}

    answer = gateway.call("POST", "/forms/default/submissions", json_body=answers, scopes=None)

    stored = gateway.call("GET", f"/submissions/{answer.json['submission_id']}").json
    assert stored["answers"] == answers


def test_an_unknown_form_takes_no_submission(gateway: Gateway) -> None:
    answer = gateway.call("POST", "/forms/none/submissions", json_body={"email": "a@example.com"})

    require_problem(answer, 404, "not-found")


def test_another_content_type_is_refused_with_a_sentence(gateway: Gateway) -> None:
    headers = {"content-type": "text/plain"}

    answer = gateway.call("POST", "/forms/default/submissions", body=b"email=x", headers=headers)

    problem = require_problem(answer, 415, "unsupported-media-type")
    assert "application/json or application/x-www-form-urlencoded" in problem["detail"]


def test_health_names_the_storage(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/health", scopes=None)

    assert (answer.status, answer.json) == (200, {"status": "ok", "storage": "memory"})
