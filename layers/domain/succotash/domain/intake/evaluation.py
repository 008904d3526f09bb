"""Judging a submission: what it breaks, what makes it suspect, what it repeats, what follows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from succotash.domain.consents.consents import TERMS, Consent, ConsentOrigin, ConsentState
from succotash.domain.forms.attribution import CONSENT, source_of, split_answers
from succotash.domain.forms.forms import FieldKind, Form, ValidationRule
from succotash.domain.forms.submissions import (
    AWAITING_CHALLENGE,
    FormSubmission,
    SubmissionState,
)
from succotash.domain.forms.validation import (
    agrees,
    check_answers,
    check_consent,
    check_repeated,
    email_field,
    fingerprint,
    rules_of_fields,
)
from succotash.domain.intake.queued_submissions import QueuedSubmission
from succotash.domain.intake.spam import (
    CHALLENGE_REASONS,
    ChallengeState,
    Evidence,
    suspicions,
    text_digest,
)
from succotash.domain.intake.submissions import (
    IntakeContext,
    IntakeQuery,
    LeadUpsert,
    SubmissionOutcome,
    lead_from,
    merged_lead,
)
from succotash.domain.messages.outbox import submission_messages
from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.values import Json, LeadId
from succotash.errors import IdempotencyKeyReusedError, InvalidInputError, Violation


def unjudged(
    sent: QueuedSubmission, *, waited_until: datetime | None
) -> tuple[FormSubmission, Mapping[str, Json]]:
    """The submission as it was sent, and apart from it what is no answer: the form's controls."""
    answers, attribution, controls = split_answers(sent.fields)
    submission = FormSubmission(
        submission_id=sent.submission_id,
        form_id=sent.form_id,
        answers=answers,
        submitted_at=sent.received_at,
        fingerprint=fingerprint(sent.form_id, answers),
        attribution=attribution,
        source=source_of(attribution),
        ip_address=sent.ip_address,
        user_agent=sent.user_agent,
        text_digest=text_digest(answers),
        waited_until=waited_until,
    )
    return submission, controls


def evaluate(
    sent: FormSubmission,
    intake_context: IntakeContext,
    evidence: Evidence,
    repeated: Collection[str],
) -> FormSubmission:
    """The submission as it will be stored, but for its lead; InvalidInputError."""
    form, settings = intake_context.form, intake_context.form.spam
    answers = {name: each for name, each in sent.answers.items() if name != settings.honeypot}
    for asked in form.fields:  # a page that posts without JavaScript sends one choice as a text
        if asked.kind is FieldKind.CHOICES and isinstance(answers.get(asked.name), str):
            answers[asked.name] = [answers[asked.name]]
    controls = {**sent.answers, **evidence.controls}
    rules = [*rules_of_fields(form), *intake_context.rules]
    violations = [
        *_violations(form, rules, answers, repeated),
        *check_consent(form, evidence.controls.get(CONSENT)),
    ]
    if violations:
        raise InvalidInputError(violations)
    email = _email_or_none(answers.get(email_field(form, rules)))
    consent = consent_shown(form, sent)
    submission = replace(sent, answers=answers, canonical_email=email, consent=consent)
    evidence = replace(evidence, controls=controls, traffic=intake_context.traffic)
    if reasons := suspicions(settings, answers, email, evidence, sent.submitted_at):
        # Of who is suspect in any case, nobody is asked about the challenge.
        others = tuple(each for each in reasons if each != AWAITING_CHALLENGE)
        return _quarantine(submission, others or reasons)
    return accept(submission, intake_context)


def judge_challenge(
    submission: FormSubmission, intake_context: IntakeContext, state: ChallengeState
) -> FormSubmission:
    """A submission that awaited its challenge, now that it is known how that went."""
    if state is ChallengeState.PASSED:
        return accept(replace(submission, spam_reasons=()), intake_context)
    return _quarantine(submission, (CHALLENGE_REASONS[state],))


def accept(submission: FormSubmission, intake_context: IntakeContext) -> FormSubmission:
    """The submission, no longer suspect: it waits for its person where the form asks for that."""
    if intake_context.form.double_opt_in and submission.canonical_email:
        return replace(submission, state=SubmissionState.UNCONFIRMED)
    return confirm(submission, intake_context)


def confirm(submission: FormSubmission, intake_context: IntakeContext) -> FormSubmission:
    """The submission, which waits for nobody any more: accepted, or a duplicate."""
    return deduplicate(replace(submission, state=SubmissionState.ACCEPTED), intake_context)


def deduplicate(submission: FormSubmission, intake_context: IntakeContext) -> FormSubmission:
    """The submission; a duplicate, of the same lead, where an equal one was accepted already."""
    original = intake_context.original
    if original is None:
        return submission
    return replace(
        submission,
        state=SubmissionState.DUPLICATE,
        duplicate_of=original.submission_id,
        lead_id=original.lead_id,
    )


def quarantine_refused(
    sent: FormSubmission,
    intake_query: IntakeQuery,
    intake_context: IntakeContext,
    controls: Mapping[str, Json],
    refusal: InvalidInputError | IdempotencyKeyReusedError,
) -> FormSubmission:
    """The submission in quarantine; any address among the answers lets its person be found."""
    reasons = (
        tuple(f"{each.field} {each.message}" for each in refusal.violations)
        if isinstance(refusal, InvalidInputError)
        else (str(refusal),)
    )
    is_agreed = not check_consent(intake_context.form, controls.get(CONSENT))
    return replace(
        sent,
        state=SubmissionState.QUARANTINED,
        spam_reasons=tuple(
            f"taken unchecked while the storage was away: {each}" for each in reasons
        ),
        canonical_email=next(iter(intake_query.emails), None),
        consent=consent_shown(intake_context.form, sent) if is_agreed else None,
    )


def consent_shown(form: Form, sent: FormSubmission) -> str | None:
    """The text that was shown when the submission was sent, where that is certain."""
    # While a submission waited, the form may have got another text than its person read.
    is_as_read = form.updated_at is None or form.updated_at <= sent.submitted_at
    return form.consent_text if form.consent_text and is_as_read else None


def outcome_of(
    submission: FormSubmission, intake_context: IntakeContext, lead_id: LeadId, at: datetime
) -> SubmissionOutcome:
    """The outcome to store: an accepted submission with an e-mail makes a lead, or adds to it."""
    email = submission.canonical_email
    consents = consents_given(submission, intake_context.form, at)
    if submission.state is not SubmissionState.ACCEPTED or not email:
        return with_events(SubmissionOutcome(submission, consents=consents), at)
    lead, known = lead_from(submission, email, lead_id), intake_context.leads.get(email)
    if known is not None:
        lead = merged_lead(known, lead)
    kept = LeadUpsert(lead, intake_context.scoring.score(lead, at), is_new=known is None)
    submission = replace(submission, lead_id=lead.lead_id)
    return with_events(SubmissionOutcome(submission, kept, consents=consents), at)


def consents_given(submission: FormSubmission, form: Form, at: datetime) -> tuple[Consent, ...]:
    """The consents of an accepted submission's person; a box left alone says nothing.

    They said so when they sent it or, where the form asks for that, when they confirmed it. A
    duplicate counts too: its person may have said no since the original.
    """
    counts = submission.state in (SubmissionState.ACCEPTED, SubmissionState.DUPLICATE)
    if not counts or submission.canonical_email is None:
        return ()
    texts: dict[str, str | None] = {TERMS: submission.consent} if submission.consent else {}
    # While a submission waited, the form may have got another text than its person read.
    is_as_read = form.updated_at is None or form.updated_at <= submission.submitted_at
    for asked in form.fields:
        if asked.kind is FieldKind.CONSENT and agrees(submission.answers.get(asked.name)):
            texts[asked.purpose] = asked.label if is_as_read else None
    return tuple(
        Consent(
            f"{submission.submission_id}:{purpose}",
            submission.canonical_email,
            purpose,
            ConsentState.GRANTED,
            at if form.double_opt_in else submission.submitted_at,
            submission.waited_until or at,
            ConsentOrigin.FORM,
            text,
            submission.submission_id,
        )
        for purpose, text in texts.items()
    )


def with_events(outcome: SubmissionOutcome, at: datetime) -> SubmissionOutcome:
    """The outcome with what others are told of it."""
    if outcome.submission.awaits_challenge:
        return outcome  # nobody knows yet what becomes of it
    is_new = outcome.kept is not None and outcome.kept.is_new
    messages = submission_messages(outcome.submission, at, lead_is_new=is_new)
    return replace(outcome, messages=tuple(messages))


def _quarantine(submission: FormSubmission, reasons: tuple[str, ...]) -> FormSubmission:
    return replace(submission, state=SubmissionState.QUARANTINED, spam_reasons=reasons)


def _violations(
    form: Form,
    rules: Sequence[ValidationRule],
    answers: Mapping[str, Json],
    repeated: Collection[str],
) -> list[Violation]:
    """All violations, at most one per field."""
    found = [*check_repeated(form, repeated), *check_answers(form, rules, answers)]
    firsts = {each.field: each for each in reversed(found)}
    return list(reversed(firsts.values()))


def _email_or_none(value: Json) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return None
    return canonical_email(value)
