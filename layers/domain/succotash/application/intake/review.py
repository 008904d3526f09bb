"""Submissions as stored: showing them, releasing and confirming them, removing old ones."""

from succotash.application.intake.outcomes import keep_outcome
from succotash.application.intake.views import SubmissionList, SubmissionView, submission_view
from succotash.application.paging import after_moment, next_cursor, require_page
from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.intake.evaluation import accept, confirm, outcome_of
from succotash.domain.intake.submissions import intake_query_about
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.repositories.delivery import NOBODY_TO_WAKE, RelayWaker
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import PAGE, Clock, FormId, IdFactory, LeadId, SubmissionId
from succotash.errors import ConflictError, NotFoundError

REMOVED_AT_ONCE = 1_000


class SubmissionReview:
    """Shows, releases and confirms stored submissions, and deletes old ones."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        waker: RelayWaker = NOBODY_TO_WAKE,
        tombstones: Tombstones = NO_TOMBSTONES,
    ) -> None:
        self._waker = waker
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._tombstones = tombstones

    def get_submissions(
        self,
        form_id: str,
        *,
        state: SubmissionState | None = None,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> SubmissionList:
        """A page of a form's submissions, newest first; NotFoundError for an unknown form."""
        after = after_moment(cursor)
        forms = self._storage.repositories.forms
        found = forms.get_submissions_by_form(
            FormId(form_id), state=state, limit=require_page(limit), after=after
        )
        if not found:
            forms.get_form(FormId(form_id))
        return {
            "submissions": [submission_view(each) for each in found],
            "next_cursor": next_cursor(
                found, limit, lambda each: (each.submitted_at.isoformat(), each.submission_id)
            ),
        }

    def get_submission(self, submission_id: str) -> SubmissionView:
        """A submission; NotFoundError if unknown."""
        forms = self._storage.repositories.forms
        return submission_view(forms.get_form_submission(SubmissionId(submission_id)))

    def release_submission(self, submission_id: str) -> SubmissionView:
        """Take a submission out of quarantine, in one transaction.

        It becomes a lead, scored as of now, unless it repeats what was accepted in the form's
        window before it or since then: it is a duplicate then. Where the form asks for it, it
        waits for its person to confirm it. NotFoundError for an unknown one, ConflictError for
        one that is not in quarantine.
        """
        now = self._clock()
        lead_id = LeadId(self._new_id())

        def work(repositories: Repositories) -> FormSubmission:
            forms = repositories.forms
            submission = forms.lock_form_submission(SubmissionId(submission_id))
            if submission.state is not SubmissionState.QUARANTINED:
                raise ConflictError("only a quarantined submission can be released")
            intake_context = forms.load_intake_context(intake_query_about(submission))
            outcome = outcome_of(accept(submission, intake_context), intake_context, lead_id, now)
            keep_outcome(repositories, self._tombstones, outcome)
            return outcome.submission

        changed = self._storage.in_transaction(work)
        self._waker.wake()
        return submission_view(changed)

    def confirm_submission(self, submission_id: str, form_id: str) -> SubmissionView:
        """Its person confirms a submission, in one transaction.

        It becomes a lead, scored as of now, or a duplicate of what was accepted in the form's
        window before it or since then. One that does not wait to be confirmed stays as it is.
        NotFoundError where this form has no such submission.
        """
        now = self._clock()
        lead_id = LeadId(self._new_id())

        def work(repositories: Repositories) -> FormSubmission:
            forms = repositories.forms
            submission = forms.lock_form_submission(SubmissionId(submission_id))
            if submission.form_id != form_id:
                raise NotFoundError("submission")
            if submission.state is not SubmissionState.UNCONFIRMED:
                return submission
            intake_context = forms.load_intake_context(intake_query_about(submission))
            outcome = outcome_of(confirm(submission, intake_context), intake_context, lead_id, now)
            keep_outcome(repositories, self._tombstones, outcome)
            return outcome.submission

        changed = self._storage.in_transaction(work)
        self._waker.wake()
        return submission_view(changed)

    def remove_expired_submissions(self) -> int:
        """Delete what forms keep no longer, a batch of it, and how many submissions that was."""
        forms = self._storage.repositories.forms
        return forms.remove_expired_submissions(self._clock(), limit=REMOVED_AT_ONCE)
