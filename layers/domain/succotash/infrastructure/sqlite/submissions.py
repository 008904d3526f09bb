"""Submissions of forms in SQLite."""

from datetime import datetime
from typing import override

from succotash.domain.forms.forms import QUARANTINE_KEPT
from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.repositories.submissions import SubmissionRepository
from succotash.domain.values import PAGE, After, FormId, SubmissionId
from succotash.errors import NotFoundError
from succotash.infrastructure.rows.forms import submission_of
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.sqlite.columns import (
    address_text,
    json_text,
    micros,
    micros_span,
    optional_micros,
)
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.pages import behind
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("submissions")


class SQLiteSubmissionRepository(SQLiteRepository, SubmissionRepository):
    """Submissions of forms."""

    @override
    def save_form_submission(self, submission: FormSubmission) -> None:
        with self._unit.writing() as session:
            keep_submission(session, submission)

    @override
    def get_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_submission"], submission_id=submission_id)
        return submission_of(only("submission", rows))

    @override
    def lock_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            rows = session.run(_SQL["get_submission"], submission_id=submission_id)
        return submission_of(only("submission", rows))

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
                _SQL["get_submissions_by_form"],
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
                _SQL["get_submissions_by_ip"],
                ip_address=address_text(ip_address),
                since=micros(since),
            )
        return [submission_of(row) for row in rows]

    @override
    def remove_expired_submissions(self, at: datetime, *, limit: int) -> int:
        with self._unit.writing() as session:
            return session.change(
                _SQL["remove_expired_submissions"],
                at=micros(at),
                quarantine_kept=micros_span(QUARANTINE_KEPT),
                limit=limit,
            )


def keep_submission(session: Session, submission: FormSubmission) -> None:
    """Insert or replace a submission; NotFoundError where what it names is not there."""
    [references] = session.run(
        _SQL["find_references"],
        form_id=submission.form_id,
        lead_id=submission.lead_id,
        duplicate_of=submission.duplicate_of,
    )
    if not references.flag("has_form"):
        raise NotFoundError("form")
    if not references.flag("has_lead"):
        raise NotFoundError("lead")
    if not references.flag("has_original"):
        raise NotFoundError("submission")
    session.run(
        _SQL["save_submission"],
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
