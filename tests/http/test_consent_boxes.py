"""Boxes of forms by which people agree, and what is kept of it."""

from datetime import timedelta

import pytest

from succotash.container import Container
from succotash.domain.consents.consents import Consent
from succotash.domain.intake.queued_submissions import QueuedSubmission
from succotash.domain.values import CampaignId, FormId, Json, SubmissionId, system_clock
from tests.http.forms import FORM_TYPE, SUBMISSIONS, define, post_plain
from tests.http.gateway import Gateway
from tests.http.problems import require_problem

ADA = "ada@example.com"
CAMPAIGN = CampaignId("win-back")
FORM = {"content-type": FORM_TYPE}
LABEL = "Send me offers, see https://example.com/offers."
EMAIL: Json = {"name": "email", "label": "E-mail", "kind": "email", "required": True}
OFFERS: Json = {"name": "offers", "label": LABEL, "kind": "consent"}
SURVEYS: Json = {"name": "surveys", "label": "Ask me.", "kind": "consent", "purpose": "surveys"}


def history(container: Container) -> list[Consent]:
    return container.storage.repositories.consents.get_consents(ADA)


def test_the_page_shows_a_box_that_may_be_left(gateway: Gateway) -> None:
    define(gateway, fields=[EMAIL, OFFERS])
    page = gateway.call("GET", "/f/contact", scopes=None).body
    assert '<input type="checkbox" id="field-offers" name="offers" value="yes">' in page
    assert 'Send me offers, see <a href="https://example.com/offers"' in page


def test_a_box_that_is_ticked_is_a_yes_with_the_text_shown(gateway: Gateway) -> None:
    define(gateway, fields=[EMAIL, OFFERS, SURVEYS], consent_text="The terms.")
    post_plain(gateway, {"email": ADA, "offers": "yes", "_consent": "yes"})
    [offers, terms] = sorted(history(gateway.container), key=lambda each: each.purpose)
    [stored] = gateway.call("GET", SUBMISSIONS).json["submissions"]
    assert (offers.purpose, offers.state, offers.origin) == ("marketing", "granted", "form")
    assert (offers.text, offers.source_id) == (LABEL, stored["submission_id"])
    assert (terms.purpose, terms.text) == ("terms", "The terms.")
    assert stored["answers"]["offers"] == "yes"


@pytest.mark.parametrize("answer", [{}, {"offers": "no"}, {"offers": False}])
def test_a_box_that_is_left_says_nothing(answer: dict[str, Json], gateway: Gateway) -> None:
    define(gateway, fields=[EMAIL, OFFERS])
    sent = gateway.call("POST", SUBMISSIONS, json_body={"email": ADA} | answer, scopes=None)
    assert sent.status == 201
    assert history(gateway.container) == []


def test_what_is_suspect_or_unconfirmed_counts_once_it_is_not(gateway: Gateway) -> None:
    define(gateway, fields=[EMAIL, OFFERS], double_opt_in=True)
    post_plain(gateway, {"email": ADA, "offers": "yes", "_gotcha": "robot"})
    [suspect] = gateway.call("GET", SUBMISSIONS).json["submissions"]
    gateway.call("POST", f"/submissions/{suspect['submission_id']}/release")
    assert history(gateway.container) == []
    before = system_clock()
    gateway.container.get_form_handler().confirm_submission(suspect["submission_id"], "contact")
    [given] = history(gateway.container)
    assert before <= given.occurred_at <= system_clock()


def test_a_repetition_is_a_newer_yes(gateway: Gateway) -> None:
    define(gateway, fields=[EMAIL, OFFERS])
    records = gateway.container.get_consent_records()
    for _ in range(2):
        post_plain(gateway, {"email": ADA, "offers": "yes"})
        token = gateway.container.get_unsubscriptions().token(ADA, CAMPAIGN)
        gateway.call("POST", f"/u/{token}", body=b"from=all", headers=FORM, scopes=None)
    assert [each.state for each in history(gateway.container)] == ["granted", "denied"] * 2
    lead = gateway.call("GET", "/leads").json["leads"][0]
    assert records.get_lead_consents(lead["lead_id"])["suppressed"][0]["reason"] == "denied"


def test_a_label_that_came_while_a_submission_waited_is_not_what_was_read(
    gateway: Gateway,
) -> None:
    define(gateway, fields=[EMAIL, OFFERS])
    handler = gateway.container.get_form_handler()
    handler.take_queued(
        QueuedSubmission(
            SubmissionId("waited"),
            FormId("contact"),
            system_clock() - timedelta(hours=1),
            {"email": ADA, "offers": "yes"},
        )
    )
    [given] = history(gateway.container)
    assert given.text is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"required": True}, "fields.offers.required"),
        ({"purpose": "campaign:x"}, "fields.offers.purpose"),
        ({"kind": "checkbox", "purpose": "marketing"}, "fields.offers.purpose"),
    ],
)
def test_a_box_that_makes_no_sense_is_refused(
    wrong: dict[str, Json], field: str, gateway: Gateway
) -> None:
    box: dict[str, Json] = {"name": "offers", "label": LABEL, "kind": "consent"}
    body: dict[str, Json] = {"title": "Contact", "fields": [EMAIL, box | wrong]}
    [error] = require_problem(
        gateway.call("PUT", "/forms/contact", json_body=body), 422, "invalid-input"
    )["errors"]
    assert error["field"] == field
    twice: dict[str, Json] = {"title": "Contact", "fields": [EMAIL, box, box | {"name": "more"}]}
    answer = gateway.call("PUT", "/forms/contact", json_body=twice)
    assert require_problem(answer, 422, "invalid-input")["errors"][0]["code"] == "purpose"
