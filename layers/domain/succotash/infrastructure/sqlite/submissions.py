"""What was submitted to forms in SQLite."""

from datetime import datetime
from typing import override

from succotash.domain.forms.forms import QUARANTINE_KEPT
from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.repositories.submissions import SubmissionRepository
from succotash.domain.values import PAGE, After, FormId, SubmissionId
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.columns import (
    address_text,
    json_text,
    micros,
    micros_span,
    optional_micros,
)
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.lead_rows import submission_of
from succotash.infrastructure.sqlite.pages import behind
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_ADDRESS_LIMIT = 1000

_REFERENCES = """
SELECT EXISTS (SELECT 1 FROM forms WHERE form_id = :form_id) AS has_form,
       :lead_id IS NULL OR EXISTS (SELECT 1 FROM leads WHERE lead_id = :lead_id) AS has_lead,
       :duplicate_of IS NULL OR EXISTS (
           SELECT 1 FROM form_submissions WHERE submission_id = :duplicate_of
       ) AS has_original
"""
_SAVE_SUBMISSION = """
INSERT INTO form_submissions (
    submission_id, form_id, answers, submitted_at, fingerprint, attribution, source,
    canonical_email, lead_id, ip_address, user_agent, state, duplicate_of, spam_reasons,
    text_digest, consent, waited_until
)
VALUES (
    :submission_id, :form_id, :answers, :submitted_at, :fingerprint, :attribution, :source,
    :canonical_email, :lead_id, :ip_address, :user_agent, :state, :duplicate_of, :spam_reasons,
    :text_digest, :consent, :waited_until
)
ON CONFLICT (submission_id) DO UPDATE SET
    form_id = excluded.form_id,
    answers = excluded.answers,
    submitted_at = excluded.submitted_at,
    fingerprint = excluded.fingerprint,
    attribution = excluded.attribution,
    source = excluded.source,
    canonical_email = excluded.canonical_email,
    lead_id = excluded.lead_id,
    ip_address = excluded.ip_address,
    user_agent = excluded.user_agent,
    state = excluded.state,
    duplicate_of = excluded.duplicate_of,
    spam_reasons = excluded.spam_reasons,
    text_digest = excluded.text_digest,
    consent = excluded.consent,
    waited_until = excluded.waited_until
"""
_SUBMISSION = "SELECT * FROM form_submissions WHERE submission_id = :submission_id"
_SUBMISSIONS_BY_FORM = """
SELECT * FROM form_submissions
WHERE form_id = :form_id
  AND (:state IS NULL OR state = :state)
  AND (:after_at IS NULL OR (submitted_at, submission_id) < (:after_at, :after_id))
ORDER BY submitted_at DESC, submission_id DESC
LIMIT :limit
"""
_SUBMISSIONS_BY_ADDRESS = """
SELECT * FROM form_submissions
WHERE ip_address = :ip_address AND submitted_at >= :since
ORDER BY submitted_at DESC, submission_id DESC
LIMIT :limit
"""
_REMOVE_EXPIRED_SUBMISSIONS = """
DELETE FROM form_submissions
WHERE submission_id IN (
    SELECT s.submission_id
    FROM forms AS f
    JOIN form_submissions AS s ON s.form_id = f.form_id
    WHERE s.submitted_at <= :at - f.retention
       OR (f.retention IS NULL AND s.state IN ('quarantined', 'unconfirmed')
           AND s.submitted_at <= :at - :quarantine_kept)
    LIMIT :limit
)
"""


class SQLiteSubmissionRepository(SQLiteRepository, SubmissionRepository):
    """What was submitted to forms."""

    @override
    def save_form_submission(self, submission: FormSubmission) -> None:
        with self._unit.writing() as session:
            keep_submission(session, submission)

    @override
    def get_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        with self._unit.reading() as session:
            for row in session.run(_SUBMISSION, submission_id=submission_id):
                return submission_of(row)
        raise NotFoundError("submission")

    @override
    def lock_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            for row in session.run(_SUBMISSION, submission_id=submission_id):
                return submission_of(row)
        raise NotFoundError("submission")

    @override
    def get_submissions_by_form(
        self,
        form_id: FormId,
        *,
        state: SubmissionState | None = None,
        limit: int = PAGE,
        after: After | None = None,
    ) -> list[FormSubmission]:
        with self._unit.reading() as session:
            rows = session.run(
                _SUBMISSIONS_BY_FORM,
                form_id=form_id,
                state=state,
                limit=limit,
                **behind(after),
            )
        return [submission_of(row) for row in rows]

    @override
    def get_submissions_by_ip(self, ip_address: str, since: datetime) -> list[FormSubmission]:
        with self._unit.reading() as session:
            rows = session.run(
                _SUBMISSIONS_BY_ADDRESS,
                ip_address=address_text(ip_address),
                since=micros(since),
                limit=_ADDRESS_LIMIT,
            )
        return [submission_of(row) for row in rows]

    @override
    def remove_expired_submissions(self, at: datetime, *, limit: int) -> int:
        with self._unit.writing() as session:
            return session.change(
                _REMOVE_EXPIRED_SUBMISSIONS,
                at=micros(at),
                quarantine_kept=micros_span(QUARANTINE_KEPT),
                limit=limit,
            )


def keep_submission(session: Session, submission: FormSubmission) -> None:
    """Insert or replace a submission; NotFoundError where what it names is not there."""
    [references] = session.run(
        _REFERENCES,
        form_id=submission.form_id,
        lead_id=submission.lead_id,
        duplicate_of=submission.duplicate_of,
    )
    if not references["has_form"]:
        raise NotFoundError("form")
    if not references["has_lead"]:
        raise NotFoundError("lead")
    if not references["has_original"]:
        raise NotFoundError("submission")
    session.run(
        _SAVE_SUBMISSION,
        submission_id=submission.submission_id,
        form_id=submission.form_id,
        answers=json_text(submission.answers),
        submitted_at=micros(submission.submitted_at),
        fingerprint=submission.fingerprint,
        attribution=json_text(submission.attribution),
        source=submission.source,
        canonical_email=submission.canonical_email,
        lead_id=submission.lead_id,
        ip_address=address_text(submission.ip_address),
        user_agent=submission.user_agent,
        state=submission.state,
        duplicate_of=submission.duplicate_of,
        spam_reasons=json_text(submission.spam_reasons),
        text_digest=submission.text_digest,
        consent=submission.consent,
        waited_until=optional_micros(submission.waited_until),
    )
