"""What a person agreed to."""

from datetime import timedelta

import pytest

from succotash.domain.intake.queued_submissions import QueuedSubmission
from succotash.domain.values import FormId, SubmissionId, system_clock
from tests.http.forms import SUBMISSIONS, define, post_plain
from tests.http.gateway import Gateway
from tests.http.problems import require_problem


def test_a_form_that_asks_for_consent_keeps_what_was_agreed_to(gateway: Gateway) -> None:
    text = "I agree to <https://example.com/privacy?a=1&b=2>."
    define(gateway, consent_text=text)
    page = gateway.call("GET", "/f/contact", scopes=None).body
    address = "https://example.com/privacy?a=1&amp;b=2"
    assert f'&lt;<a href="{address}" target="_blank" rel="noopener">{address}</a>&gt;.' in page

    for unwilling in ({}, {"_consent": "no"}, {"_consent": False}, {"_consent": ["yes"]}):
        answer = gateway.call(
            "POST", SUBMISSIONS, json_body={"email": "a@example.com"} | unwilling, scopes=None
        )
        [error] = require_problem(answer, 422, "invalid-input")["errors"]
        assert error == {"field": "_consent", "code": "consent", "message": "Required"}
    back = post_plain(gateway, {"email": "a@example.com"})
    assert '<a href="#field-_consent">Your consent: Required</a>' in back.body
    assert gateway.call("GET", SUBMISSIONS).json["submissions"] == []

    post_plain(gateway, {"email": "a@example.com", "_consent": "on"})
    define(gateway, consent_text="Another text.")
    gateway.call(
        "POST", SUBMISSIONS, json_body={"email": "b@example.com", "_consent": True}, scopes=None
    )
    define(gateway)
    post_plain(gateway, {"email": "c@example.com"})
    stored = gateway.call("GET", SUBMISSIONS).json["submissions"]
    assert [each["consent"] for each in stored] == [None, "Another text.", text]
    assert all("_consent" not in each["answers"] for each in stored)


def test_a_text_that_came_while_a_submission_waited_is_not_kept_as_agreed_to(
    gateway: Gateway,
) -> None:
    define(gateway, consent_text="A newer text.")
    waited = QueuedSubmission(
        SubmissionId("waited"),
        FormId("contact"),
        system_clock() - timedelta(hours=1),
        {"email": "a@example.com", "_consent": "yes"},
    )

    gateway.container.get_form_handler().take_queued(waited)

    stored = gateway.call("GET", "/submissions/waited").json
    assert (stored["state"], stored["consent"]) == ("accepted", None)


@pytest.mark.parametrize(("control", "kept"), [("yes", "I agree."), ("no", None)])
def test_a_submission_that_waited_in_vain_keeps_what_was_agreed_to(
    control: str, kept: str | None, gateway: Gateway
) -> None:
    define(gateway, consent_text="I agree.")
    waited = QueuedSubmission(
        SubmissionId("waited"),
        FormId("contact"),
        system_clock(),
        {"email": "no address", "_consent": control},
    )

    gateway.container.get_form_handler().take_queued(waited)

    stored = gateway.call("GET", "/submissions/waited").json
    assert (stored["state"], stored["consent"]) == ("quarantined", kept)
