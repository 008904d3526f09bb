"""Submissions of forms in memory."""

from datetime import datetime
from itertools import islice
from typing import override

from succotash.domain.forms.forms import QUARANTINE_KEPT, Form
from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.repositories.submissions import SubmissionRepository
from succotash.domain.values import PAGE, After, FormId, SubmissionId
from succotash.infrastructure.in_memory.pages import page, submission_place
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored

_ADDRESS_LIMIT = 1000

_NOT_ADMITTED = frozenset({SubmissionState.QUARANTINED, SubmissionState.UNCONFIRMED})


class InMemorySubmissionRepository(InMemoryRepository, SubmissionRepository):
    """Submissions of forms."""

    @override
    @atomic
    def save_form_submission(self, submission: FormSubmission) -> None:
        self.tables.forms[submission.form_id]
        if submission.lead_id is not None:
            self.tables.leads[submission.lead_id]
        if submission.duplicate_of is not None:
            self.tables.submissions[submission.duplicate_of]
        self.tables.submissions[submission.submission_id] = stored(submission)

    @override
    @atomic
    def get_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        return self.tables.submissions[submission_id]

    @override
    @atomic
    def lock_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        # A transaction holds all of the tables.
        return self.tables.submissions[submission_id]

    @override
    @atomic
    def get_submissions_by_form(
        self,
        form_id: FormId,
        *,
        state: SubmissionState | None = None,
        limit: int = PAGE,
        after: After | None = None,
    ) -> list[FormSubmission]:
        matching = (
            each
            for each in self.tables.submissions_by_form[form_id]
            if state is None or each.state is state
        )
        return page(matching, submission_place, limit, after)

    @override
    @atomic
    def get_submissions_by_ip(self, ip_address: str, since: datetime) -> list[FormSubmission]:
        matching = (
            each
            for each in self.tables.submissions.values()
            if each.ip_address == ip_address and each.submitted_at >= since
        )
        return page(matching, submission_place, _ADDRESS_LIMIT)

    @override
    @atomic
    def remove_expired_submissions(self, at: datetime, *, limit: int) -> int:
        expired = (
            each.submission_id
            for each in self.tables.submissions.values()
            if _is_expired(each, self.tables.forms[each.form_id], at)
        )
        chosen = list(islice(expired, limit))
        self.tables.forget_submissions(chosen)
        return len(chosen)


def _is_expired(submission: FormSubmission, form: Form, at: datetime) -> bool:
    kept = form.retention
    if kept is None and submission.state in _NOT_ADMITTED:
        kept = QUARANTINE_KEPT
    return kept is not None and submission.submitted_at <= at - kept
