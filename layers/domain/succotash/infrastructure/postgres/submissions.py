"""Submissions of forms in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.forms.forms import QUARANTINE_KEPT
from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.repositories.submissions import SubmissionRepository
from succotash.domain.values import PAGE, After, FormId, SubmissionId
from succotash.errors import NotFoundError
from succotash.infrastructure.postgres.pages import page_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.forms import submission_of
from succotash.infrastructure.rows.row import only

_SQL = statements("submissions")


class PostgresSubmissionRepository(PostgresRepository, SubmissionRepository):
    """Submissions of forms."""

    @override
    def save_form_submission(self, submission: FormSubmission) -> None:
        [known] = self._run(_SQL["save_submission"], **submission_columns(submission))
        if not known.flag("has_form"):
            raise NotFoundError("form")
        if not known.flag("has_lead"):
            raise NotFoundError("lead")
        if not known.flag("has_original"):
            raise NotFoundError("submission")

    @override
    def get_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        rows = self._run(_SQL["get_submission"], submission_id=submission_id)
        return submission_of(only("submission", rows))

    @override
    def lock_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        rows = self._run(_SQL["lock_submission"], submission_id=submission_id)
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
        page = page_of(limit, after)
        rows = (
            self._run(_SQL["get_submissions_by_form"], form_id=form_id, **page)
            if state is None
            else self._run(
                _SQL["get_submissions_by_form_and_state"], form_id=form_id, state=state, **page
            )
        )
        return [submission_of(row) for row in rows]

    @override
    def get_submissions_by_ip(self, ip_address: str, since: datetime) -> list[FormSubmission]:
        rows = self._run(_SQL["get_submissions_by_ip"], ip_address=ip_address, since=since)
        return [submission_of(row) for row in rows]

    @override
    def remove_expired_submissions(self, at: datetime, *, limit: int) -> int:
        [row] = self._run(
            _SQL["remove_expired_submissions"],
            at=at,
            quarantined_until=at - QUARANTINE_KEPT,
            limit=limit,
        )
        return int(row["removed"])


def submission_columns(submission: FormSubmission) -> dict[str, object]:
    """A submission as parameters of the statements that save it."""
    return {
        "submission_id": submission.submission_id,
        "form_id": submission.form_id,
        "answers": Jsonb(dict(submission.answers)),
        "submitted_at": submission.submitted_at,
        "fingerprint": submission.fingerprint,
        "attribution": Jsonb(dict(submission.attribution)),
        "source": submission.source,
        "canonical_email": submission.canonical_email,
        "lead_id": submission.lead_id,
        "ip_address": submission.ip_address,
        "user_agent": submission.user_agent,
        "state": submission.state,
        "duplicate_of": submission.duplicate_of,
        "spam_reasons": Jsonb(list(submission.spam_reasons)),
        "text_digest": submission.text_digest,
        "consent": submission.consent,
        "waited_until": submission.waited_until,
    }
