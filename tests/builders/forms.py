"""Forms, submissions, leads and what goes with them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from succotash.domain.forms.forms import DEFAULT_FORM, Form, FormField, RuleKind, ValidationRule
from succotash.domain.forms.submissions import FormSubmission, IdempotentRequest, SubmissionState
from succotash.domain.intake.submissions import (
    IntakeQuery,
    LeadUpsert,
    StoredResponse,
    SubmissionOutcome,
)
from succotash.domain.leads.leads import Lead, LeadScore, LeadStatus, ScorePoint
from succotash.domain.messages.outbox import MessageKind, OutboxMessage
from succotash.domain.values import (
    FormId,
    Json,
    LeadId,
    MessageId,
    RuleId,
    SubmissionId,
)
from tests.builders.values import NOON, days


def a_form(form_id: str = "contact", *, title: str = "Contact") -> Form:
    return Form(FormId(form_id), title, fields=(FormField("email", "E-mail", required=True),))


def a_rule(
    rule_id: str = "rule",
    *,
    form_id: str = "contact",
    field_name: str = "email",
    kind: RuleKind = RuleKind.REQUIRED,
    parameters: Mapping[str, Json] | None = None,
    message: str = "",
    position: int = 0,
) -> ValidationRule:
    return ValidationRule(
        RuleId(rule_id), FormId(form_id), field_name, kind, parameters or {}, message, position
    )


def a_submission(
    submission_id: str = "submission",
    *,
    form_id: str = DEFAULT_FORM,
    answers: Mapping[str, Json] | None = None,
    submitted_at: datetime = NOON,
    fingerprint: str = "00ff",
    attribution: Mapping[str, str] | None = None,
    source: str = "direct",
    email: str | None = None,
    lead_id: str | None = None,
    ip_address: str | None = None,
    user_agent: str | None = None,
    state: SubmissionState = SubmissionState.ACCEPTED,
    duplicate_of: str | None = None,
    spam_reasons: tuple[str, ...] = (),
    text_digest: str | None = None,
    consent: str | None = None,
    waited_until: datetime | None = None,
) -> FormSubmission:
    return FormSubmission(
        SubmissionId(submission_id),
        FormId(form_id),
        {"email": "ada@example.com"} if answers is None else answers,
        submitted_at,
        fingerprint,
        attribution or {},
        source,
        email,
        None if lead_id is None else LeadId(lead_id),
        ip_address,
        user_agent,
        state,
        None if duplicate_of is None else SubmissionId(duplicate_of),
        spam_reasons,
        text_digest,
        consent,
        waited_until,
    )


def a_lead(
    lead_id: str = "lead",
    *,
    email: str | None = None,
    first_at: datetime | None = None,
    last_at: datetime = NOON,
    first_name: str | None = None,
    last_name: str | None = None,
    company: str | None = None,
    phone: str | None = None,
    answers: Mapping[str, Json] | None = None,
    status: LeadStatus = LeadStatus.NEW,
    source: str = "direct",
    campaign: str | None = None,
    submission_count: int = 1,
) -> Lead:
    address = email or f"{lead_id}@example.com"
    return Lead(
        LeadId(lead_id),
        address,
        address.lower(),
        first_at or last_at,
        last_at,
        first_name,
        last_name,
        company,
        phone,
        answers or {},
        status,
        source,
        campaign,
        submission_count,
    )


def a_score(
    lead_id: str = "lead",
    *,
    total: int = 40,
    is_hot: bool = False,
    grade: str = "C",
    scored_at: datetime = NOON,
) -> LeadScore:
    points = (
        ScorePoint("profile", "company", total - 10, "names a company"),
        ScorePoint("engagement", "recent", 10, "submitted this week"),
    )
    return LeadScore(LeadId(lead_id), points, grade, is_hot, scored_at)


def a_request(
    key: str = "key", *, scope: str = "default", body_digest: str = "digest"
) -> IdempotentRequest:
    return IdempotentRequest(scope, key, body_digest)


def a_message(
    message_id: str = "message-1",
    *,
    kind: str = MessageKind.SUBMISSION_ACCEPTED,
    occurred_at: datetime = NOON,
    subject_id: str = "submission-1",
    form_id: str | None = "contact",
    payload: Mapping[str, Json] | None = None,
) -> OutboxMessage:
    return OutboxMessage(
        MessageId(message_id),
        kind,
        occurred_at,
        subject_id,
        None if form_id is None else FormId(form_id),
        payload or {},
    )


def an_intake_query(
    fingerprint: str = "00ff",
    *,
    form_id: str = DEFAULT_FORM,
    submitted_at: datetime = NOON,
    emails: Sequence[str] = (),
    ip_address: str | None = None,
    text_digest: str | None = None,
    request: IdempotentRequest | None = None,
) -> IntakeQuery:
    return IntakeQuery(
        FormId(form_id),
        fingerprint,
        submitted_at,
        tuple(emails),
        ip_address,
        text_digest,
        request,
    )


def an_outcome(
    submission_id: str = "submission",
    *,
    fingerprint: str = "00ff",
    lead: Lead | None = None,
    is_new: bool = True,
    key: str | None = None,
    submitted_at: datetime = NOON,
) -> SubmissionOutcome:
    """An accepted submission, of this lead where there is one, under a key where there is one."""
    submission = a_submission(
        submission_id,
        fingerprint=fingerprint,
        submitted_at=submitted_at,
        email=lead.canonical_email if lead else None,
        lead_id=lead.lead_id if lead else None,
    )
    kept = LeadUpsert(lead, a_score(lead.lead_id), is_new) if lead else None
    remembered = None
    if key is not None:
        answer: dict[str, Json] = {"submission_id": submission_id}
        remembered = StoredResponse(a_request(key), answer, submitted_at + days(1))
    return SubmissionOutcome(submission, kept, remembered)
