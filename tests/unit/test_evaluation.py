"""Judging a submission, without a storage."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.forms.forms import FieldKind, Form, FormField, SpamSettings
from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.intake.evaluation import (
    accept,
    confirm,
    deduplicate,
    evaluate,
    outcome_of,
    quarantine_refused,
    unjudged,
)
from succotash.domain.intake.queued_submissions import QueuedSubmission
from succotash.domain.intake.spam import NO_TOKEN, ChallengeState, Evidence
from succotash.domain.intake.submissions import (
    IntakeContext,
    OriginalSubmission,
    intake_query_about,
    lead_from,
)
from succotash.domain.values import FormId, Json, LeadId, SubmissionId
from succotash.errors import InvalidInputError
from tests.builders import NOON

FORM = Form(
    FormId("contact"),
    "Contact",
    fields=(
        FormField("email", "E-mail", kind=FieldKind.EMAIL, required=True),
        FormField("topics", "Topics", kind=FieldKind.CHOICES, choices=("price", "demo")),
    ),
)
GROUND = IntakeContext(FORM, ())
EVIDENCE = Evidence({}, NO_TOKEN, ChallengeState.ABSENT)
ORIGINAL = OriginalSubmission(SubmissionId("first"), LeadId("lead-1"))


def sent(**fields: Json) -> FormSubmission:
    queued = QueuedSubmission(SubmissionId("s"), FORM.form_id, NOON, fields)
    return unjudged(queued, waited_until=None)[0]


def test_answers_attribution_and_controls_come_apart() -> None:
    fields: dict[str, Json] = {"email": "a@b.de", "utm_source": "news", "_token": "t"}
    queued = QueuedSubmission(SubmissionId("s"), FORM.form_id, NOON, fields)

    submission, controls = unjudged(queued, waited_until=NOON)

    assert submission.answers == {"email": "a@b.de"}
    assert (submission.source, submission.waited_until) == ("news", NOON)
    assert controls == {"_token": "t"}


def test_one_choice_that_came_as_a_text_is_a_list_of_one() -> None:
    found = evaluate(sent(email="a@b.de", topics="demo"), GROUND, EVIDENCE, ())

    assert found.state is SubmissionState.ACCEPTED
    assert found.answers["topics"] == ["demo"]


def test_each_field_is_refused_for_one_reason() -> None:
    with pytest.raises(InvalidInputError) as refused:
        evaluate(sent(email="nobody", topics=["rockets"]), GROUND, EVIDENCE, ("email",))

    assert sorted(each.field for each in refused.value.violations) == ["email", "topics"]


def test_a_filled_honeypot_is_suspect_and_no_answer() -> None:
    intake_context = IntakeContext(replace(FORM, spam=SpamSettings(honeypot="website")), ())

    found = evaluate(sent(email="a@b.de", website="x"), intake_context, EVIDENCE, ())

    assert found.state is SubmissionState.QUARANTINED
    assert found.spam_reasons
    assert "website" not in found.answers


@pytest.mark.parametrize("has_original", [False, True])
def test_double_opt_in_is_asked_before_anything_is_compared(*, has_original: bool) -> None:
    intake_context = IntakeContext(
        replace(FORM, double_opt_in=True), (), original=ORIGINAL if has_original else None
    )
    submission = replace(sent(email="a@b.de"), canonical_email="a@b.de")

    waiting = accept(submission, intake_context)

    assert waiting.state is SubmissionState.UNCONFIRMED
    expected = SubmissionState.DUPLICATE if has_original else SubmissionState.ACCEPTED
    assert confirm(waiting, intake_context).state is expected


def test_a_duplicate_belongs_to_the_lead_of_its_original() -> None:
    found = deduplicate(sent(email="a@b.de"), replace(GROUND, original=ORIGINAL))

    assert (found.state, found.duplicate_of, found.lead_id) == (
        SubmissionState.DUPLICATE,
        "first",
        "lead-1",
    )


def test_what_was_refused_while_nobody_could_say_so_is_kept_with_its_reasons() -> None:
    form = replace(FORM, consent_text="I agree", updated_at=NOON - timedelta(days=1))
    submission = sent(email="nobody", contact="a@b.de")
    intake_context = IntakeContext(form, ())
    with pytest.raises(InvalidInputError) as refused:
        evaluate(submission, intake_context, EVIDENCE, ())

    kept = quarantine_refused(
        submission,
        intake_query_about(submission),
        intake_context,
        {"_consent": "yes"},
        refused.value,
    )

    assert kept.state is SubmissionState.QUARANTINED
    assert kept.canonical_email == "a@b.de"
    assert kept.consent == "I agree"
    assert all(each.startswith("taken unchecked") for each in kept.spam_reasons)


@given(state=st.sampled_from(SubmissionState), email=st.sampled_from([None, "a@b.de"]))
def test_only_what_is_accepted_with_an_email_makes_a_lead(
    state: SubmissionState, email: str | None
) -> None:
    submission = replace(sent(email="a@b.de"), state=state, canonical_email=email)

    outcome = outcome_of(submission, GROUND, LeadId("new"), NOON)

    makes_lead = state is SubmissionState.ACCEPTED and email is not None
    assert (outcome.kept is not None) == makes_lead
    assert outcome.submission.lead_id == ("new" if makes_lead else None)


def test_a_known_lead_keeps_its_id_and_is_not_new() -> None:
    submission = replace(
        sent(email="a@b.de"), state=SubmissionState.ACCEPTED, canonical_email="a@b.de"
    )
    known = lead_from(submission, "a@b.de", LeadId("known"))

    outcome = outcome_of(submission, replace(GROUND, leads={"a@b.de": known}), LeadId("new"), NOON)

    assert outcome.kept is not None
    assert not outcome.kept.is_new
    assert (outcome.submission.lead_id, outcome.kept.lead.submission_count) == ("known", 2)
