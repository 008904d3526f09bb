"""The port to what was submitted to forms."""

from abc import ABC, abstractmethod
from datetime import datetime

from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.values import PAGE, After, FormId, SubmissionId


class SubmissionRepository(ABC):
    """Submissions of forms.

    Lists are ordered newest first, then by id descending, and go on behind `after`.
    """

    @abstractmethod
    def save_form_submission(self, submission: FormSubmission) -> None:
        """Insert the submission, or replace the one with its id.

        NotFoundError where its form, lead or the submission it duplicates does not exist.
        """

    @abstractmethod
    def get_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        """The submission; NotFoundError if unknown."""

    @abstractmethod
    def lock_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        """The submission as it is now, to change it; NotFoundError if unknown.

        Until the transaction ends, another that locks or saves the same submission waits.
        """

    @abstractmethod
    def get_submissions_by_form(
        self,
        form_id: FormId,
        *,
        state: SubmissionState | None = None,
        limit: int = PAGE,
        after: After | None = None,
    ) -> list[FormSubmission]:
        """Submissions of one form by submission time; none where there is no such form."""

    @abstractmethod
    def get_submissions_by_ip(self, ip_address: str, since: datetime) -> list[FormSubmission]:
        """Submissions from one address at or after an instant, at most 1,000."""

    @abstractmethod
    def remove_expired_submissions(self, at: datetime, *, limit: int) -> int:
        """Delete submissions that are older than they are kept, and how many; at most `limit`.

        A form's retention period is for all of its submissions; without one, what is in
        quarantine or was never confirmed goes after QUARANTINE_KEPT, and the rest stays. What was
        remembered for them goes along; duplicates of one that goes keep their state and lose its
        name; leads stay.
        """
