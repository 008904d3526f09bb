"""What a submission is judged by, and what became of it, in SQLite."""

from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import FormSubmission, IdempotentRequest
from succotash.domain.intake.spam import (
    RATE_WINDOW,
    REPETITION_WINDOW,
    REPETITIONS_TOLERATED,
    RecentTraffic,
)
from succotash.domain.intake.submissions import (
    IdempotencyRecord,
    IntakeContext,
    IntakeQuery,
    OriginalSubmission,
    SubmissionOutcome,
)
from succotash.domain.repositories.intake import EXPIRED_KEYS_REMOVED, IntakeRepository
from succotash.domain.values import FormId
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.columns import address_text, json_text, json_value, micros
from succotash.infrastructure.sqlite.connection import OpenTransaction, Session
from succotash.infrastructure.sqlite.form_definitions import (
    FORM,
    RULES,
    form_of,
    validation_rule_of,
)
from succotash.infrastructure.sqlite.lead_records import keep_lead
from succotash.infrastructure.sqlite.lead_rows import (
    SCORING_RULES,
    keep_score,
    lead_of,
    scoring_of,
    submission_of,
)
from succotash.infrastructure.sqlite.outbox import SQLiteOutboxRepository
from succotash.infrastructure.sqlite.people import SQLitePeopleRepository
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.submissions import keep_submission

_LATEST_WITH_FINGERPRINT = """
SELECT * FROM form_submissions
WHERE form_id = :form_id AND fingerprint = :fingerprint AND state = 'accepted'
  AND submitted_at >= :since
ORDER BY submitted_at DESC, submission_id DESC
LIMIT 1
"""
_TRAFFIC = """
SELECT
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM form_submissions
        WHERE ip_address = :ip_address AND submitted_at > :rated_since AND submitted_at <= :at
        LIMIT :per_address_hourly)) AS from_address,
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM form_submissions
        WHERE form_id = :form_id AND submitted_at > :rated_since AND submitted_at <= :at
        LIMIT :per_form_hourly)) AS to_form,
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM form_submissions
        WHERE text_digest = :text_digest
          AND submitted_at > :repeated_since AND submitted_at <= :at
          AND fingerprint <> :fingerprint
          AND (canonical_email IS NULL
               OR canonical_email NOT IN (SELECT value FROM json_each(:emails)))
        LIMIT :repetitions)) AS same_text
"""
_LEADS_BY_EMAILS = """
SELECT * FROM leads WHERE canonical_email IN (SELECT value FROM json_each(:emails))
"""

_REMOVE_EXPIRED = """
DELETE FROM idempotency_keys
WHERE (scope, key) IN (
    SELECT scope, key FROM idempotency_keys
    WHERE expires_at <= :at AND (scope, key) <> (:scope, :key)
    ORDER BY expires_at
    LIMIT :limit
)
"""
_CLAIMED = """
SELECT body_digest, answer FROM idempotency_keys
WHERE scope = :scope AND key = :key AND expires_at > :at
"""
_REMEMBER = """
INSERT INTO idempotency_keys (scope, key, body_digest, expires_at, answer, submission_id)
VALUES (:scope, :key, :body_digest, :expires_at, :answer, :submission_id)
ON CONFLICT (scope, key) DO UPDATE SET
    body_digest = excluded.body_digest,
    expires_at = excluded.expires_at,
    answer = excluded.answer,
    submission_id = excluded.submission_id
"""


class SQLiteIntakeRepository(SQLiteRepository, IntakeRepository):
    """What a submission is judged by, and what became of it."""

    @override
    def check_duplicate_submission(
        self, form_id: FormId, fingerprint: str, since: datetime
    ) -> FormSubmission | None:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            rows = session.run(
                _LATEST_WITH_FINGERPRINT,
                form_id=form_id,
                fingerprint=fingerprint,
                since=micros(since),
            )
        return submission_of(rows[0]) if rows else None

    @override
    def load_intake_context(self, intake_query: IntakeQuery) -> IntakeContext:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            forms = session.run(FORM, form_id=intake_query.form_id)
            if not forms:
                raise NotFoundError("form")
            form, at = form_of(forms[0]), intake_query.submitted_at
            held = _held(session, intake_query.request, at)
            earlier = session.run(
                _LATEST_WITH_FINGERPRINT,
                form_id=form.form_id,
                fingerprint=intake_query.fingerprint,
                since=micros(at - form.duplicate_window),
            )
            leads = session.run(_LEADS_BY_EMAILS, emails=json_text(intake_query.emails))
            rules = session.run(RULES, form_id=form.form_id)
            [scoring] = session.run(SCORING_RULES)
            [traffic] = session.run(
                _TRAFFIC,
                form_id=form.form_id,
                at=micros(at),
                rated_since=micros(at - RATE_WINDOW),
                repeated_since=micros(at - REPETITION_WINDOW),
                ip_address=address_text(intake_query.ip_address),
                text_digest=intake_query.text_digest,
                fingerprint=intake_query.fingerprint,
                emails=json_text(intake_query.emails),
                per_address_hourly=form.spam.per_address_hourly,
                per_form_hourly=form.spam.per_form_hourly,
                repetitions=REPETITIONS_TOLERATED + 1,
            )
            people = SQLitePeopleRepository(within=OpenTransaction(session))
            erased = people.find_erased(intake_query.tombstones)
        return IntakeContext(
            form=form,
            rules=tuple(validation_rule_of(row) for row in rules),
            held=held,
            original=next(
                (OriginalSubmission(row["submission_id"], row["lead_id"]) for row in earlier), None
            ),
            leads={row["canonical_email"]: lead_of(row) for row in leads},
            scoring=scoring_of(scoring),
            traffic=RecentTraffic(**traffic),
            erased=erased,
        )

    @override
    def save_outcome(self, outcome: SubmissionOutcome) -> None:
        submission = outcome.submission
        with self._unit.writing() as session:
            if (kept := outcome.kept) is not None:
                keep_lead(session, kept.lead, is_new=kept.is_new)
                keep_score(session, kept.score)
            keep_submission(session, submission)
            SQLiteOutboxRepository(within=OpenTransaction(session)).append(outcome.messages)
            if (remembered := outcome.remembered) is not None:
                named = {"scope": remembered.request.scope, "key": remembered.request.key}
                session.run(
                    _REMOVE_EXPIRED,
                    **named,
                    at=micros(submission.submitted_at),
                    limit=EXPIRED_KEYS_REMOVED,
                )
                session.run(
                    _REMEMBER,
                    **named,
                    body_digest=remembered.request.body_digest,
                    expires_at=micros(remembered.expires_at),
                    answer=json_text(remembered.answer),
                    submission_id=submission.submission_id,
                )


def _held(
    session: Session, request: IdempotentRequest | None, at: datetime
) -> IdempotencyRecord | None:
    if request is None:
        return None
    for row in session.run(_CLAIMED, scope=request.scope, key=request.key, at=micros(at)):
        return IdempotencyRecord(row["body_digest"], json_value(row["answer"] or "null"))
    return None
