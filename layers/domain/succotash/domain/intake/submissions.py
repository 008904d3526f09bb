"""The context of a submission, and its outcome: one reading, one writing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from succotash.domain.consents.consents import Consent
from succotash.domain.forms.attribution import campaign_of
from succotash.domain.forms.forms import Form, ValidationRule
from succotash.domain.forms.submissions import FormSubmission, IdempotentRequest
from succotash.domain.forms.validation import CONTACT_FIELDS
from succotash.domain.intake.spam import NO_TRAFFIC, RecentTraffic
from succotash.domain.leads.leads import Lead, LeadScore
from succotash.domain.leads.scoring import DEFAULT_SCORING, ScoringRules
from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones, erased_at
from succotash.domain.values import FormId, Json, LeadId, SubmissionId
from succotash.errors import InvalidInputError

KEY_LIFETIME = timedelta(hours=24)
"""The time for which an Idempotency-Key and its response are stored."""


@dataclass(frozen=True, slots=True)
class IntakeQuery:
    """The facts about a submission with which the storage is asked for its context."""

    form_id: FormId
    fingerprint: str
    submitted_at: datetime
    emails: tuple[str, ...] = ()
    """The canonical addresses among the answers: which is the person's, the form decides."""
    ip_address: str | None = None
    text_digest: str | None = None
    request: IdempotentRequest | None = None
    tombstones: tuple[str, ...] = ()
    """The tombstones of the addresses and the request, had they been erased."""


@dataclass(frozen=True, slots=True)
class OriginalSubmission:
    """An accepted submission that another repeats."""

    submission_id: SubmissionId
    lead_id: LeadId | None


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """A key that an earlier request came with, and what that was answered with."""

    body_digest: str
    answer: Mapping[str, Json] | None


@dataclass(frozen=True, slots=True)
class IntakeContext:
    """All that a submission is judged by, as it stands until the transaction ends."""

    form: Form
    rules: tuple[ValidationRule, ...]
    """The rules by position, then id."""
    held: IdempotencyRecord | None = None
    """The record of the request's key; None where it is new, or expired."""
    original: OriginalSubmission | None = None
    """The latest accepted one with this fingerprint within the form's window."""
    leads: Mapping[str, Lead] = field(default_factory=dict)
    """The leads at the addresses asked about."""
    scoring: ScoringRules = DEFAULT_SCORING
    traffic: RecentTraffic = NO_TRAFFIC
    erased: Mapping[str, datetime] = field(default_factory=dict)
    """The tombstones that exist among those, with their time. Nobody adds one meanwhile."""


@dataclass(frozen=True, slots=True)
class LeadUpsert:
    """A lead as it is from now on, with its score."""

    lead: Lead
    score: LeadScore
    is_new: bool


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The response to a request, for its repetitions."""

    request: IdempotentRequest
    answer: Mapping[str, Json]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SubmissionOutcome:
    """The outcome of a submission, with all that follows from it."""

    submission: FormSubmission
    kept: LeadUpsert | None = None
    remembered: StoredResponse | None = None
    messages: tuple[OutboxMessage, ...] = ()
    """The messages about it."""
    consents: tuple[Consent, ...] = ()
    """The consents of its person. They are recorded apart from the rest."""


def intake_query_about(
    submission: FormSubmission,
    request: IdempotentRequest | None = None,
    tombstones: Tombstones = NO_TOMBSTONES,
) -> IntakeQuery:
    """The query for a submission's context; before it is evaluated, any address counts."""
    email = submission.canonical_email
    emails = emails_among(submission.answers) if email is None else (email,)
    asked = [each for email in emails for each in tombstones.of_person(email)]
    if request is not None:
        asked += tombstones.of_request(request.scope, request.key)
    return IntakeQuery(
        form_id=submission.form_id,
        fingerprint=submission.fingerprint,
        submitted_at=submission.submitted_at,
        emails=emails,
        ip_address=submission.ip_address,
        text_digest=submission.text_digest,
        request=request,
        tombstones=tuple(asked),
    )


def is_erased(
    submission: FormSubmission,
    request: IdempotentRequest | None,
    intake_context: IntakeContext,
    tombstones: Tombstones,
) -> bool:
    """Whether its person was erased since it was sent, or what its request had brought was."""
    at, email = submission.submitted_at, submission.canonical_email
    since = erased_at(tombstones.of_person(email), intake_context.erased) if email else None
    if since is not None and at <= since:
        return True
    if request is None:
        return False
    since = erased_at(tombstones.of_request(request.scope, request.key), intake_context.erased)
    return since is not None and at <= since + KEY_LIFETIME


def merged_lead(known: Lead, newer: Lead) -> Lead:
    """The known lead with what a newer submission of its person adds.

    Id, e-mail, status, source and campaign stay; what was None or absent is filled, earlier
    answers stay; submissions are added up, and the range of their times is widened.
    """

    def first[T](earlier: T | None, later: T | None) -> T | None:
        return later if earlier is None else earlier

    return replace(
        known,
        first_submission_at=min(known.first_submission_at, newer.first_submission_at),
        last_submission_at=max(known.last_submission_at, newer.last_submission_at),
        first_name=first(known.first_name, newer.first_name),
        last_name=first(known.last_name, newer.last_name),
        company=first(known.company, newer.company),
        phone=first(known.phone, newer.phone),
        answers={**newer.answers, **known.answers},
        submission_count=known.submission_count + newer.submission_count,
    )


def emails_among(answers: Mapping[str, Json]) -> tuple[str, ...]:
    """The canonical form of every answer that is an e-mail address, each once, in order."""

    def found() -> Iterator[str]:
        for value in answers.values():
            if isinstance(value, str) and "@" in value:
                try:
                    yield canonical_email(value)
                except InvalidInputError:
                    continue

    return tuple(sorted(set(found())))


def lead_from(submission: FormSubmission, email: str, lead_id: LeadId) -> Lead:
    """The lead that a submission by itself makes."""
    contact: dict[str, str | None] = dict.fromkeys(CONTACT_FIELDS)
    others: dict[str, Json] = {}
    typed: list[str] = []
    for name, value in submission.answers.items():
        if name in contact:
            contact[name] = value.strip() or None if isinstance(value, str) else None
        elif isinstance(value, str) and "@" in value and _same_address(value, email):
            typed.append(value.strip())
        else:
            others[name] = value
    return Lead(
        lead_id=lead_id,
        email=typed[0] if typed else email,
        canonical_email=email,
        first_submission_at=submission.submitted_at,
        last_submission_at=submission.submitted_at,
        answers=others,
        source=submission.source,
        campaign=campaign_of(submission.attribution),
        first_name=contact["first_name"],
        last_name=contact["last_name"],
        company=contact["company"],
        phone=contact["phone"],
    )


def _same_address(value: str, canonical: str) -> bool:
    try:
        return canonical_email(value) == canonical
    except InvalidInputError:
        return False
