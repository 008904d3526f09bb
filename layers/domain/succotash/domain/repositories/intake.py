"""The port to what a submission is judged by, and its outcome."""

from abc import ABC, abstractmethod
from datetime import datetime

from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.intake.submissions import (
    IntakeContext,
    IntakeQuery,
    SubmissionOutcome,
)
from succotash.domain.values import FormId

EXPIRED_KEYS_REMOVED = 100
"""The most expired idempotency keys that a claim deletes; as each claim adds one, few are left."""


class IntakeRepository(ABC):
    """The context of submissions, and their outcome."""

    @abstractmethod
    def check_duplicate_submission(
        self, form_id: FormId, fingerprint: str, since: datetime
    ) -> FormSubmission | None:
        """The latest accepted submission with this fingerprint at or after `since`.

        Until the transaction ends, another that checks the same form and fingerprint waits.
        """

    @abstractmethod
    def load_intake_context(self, intake_query: IntakeQuery) -> IntakeContext:
        """All that a submission is judged by; NotFoundError where there is no such form.

        Until the transaction ends, others wait that ask with the same key, or about the same
        form and fingerprint, or about a lead given here, or change that lead. A key that expired
        counts as new. SubmissionInProgressError where a key is given and an equal submission
        takes too long to wait for.

        Traffic is counted within the windows of `intake.spam` up to the submission's time, no
        further than to the form's limits (0: not at all), and for texts to one beyond what is
        tolerated: those of other submissions with none of the query's addresses.
        """

    @abstractmethod
    def save_outcome(self, outcome: SubmissionOutcome) -> None:
        """Keep the outcome of a submission, in the transaction that loaded its context.

        The submission is inserted, or replaces the one with its id; the lead is inserted as new,
        with its status as the first of its history at its last submission, or changed in all but
        its status; its score replaces the one before; customers with its canonical e-mail and no
        lead are tied to it. The key is answered with what is remembered until that expires, and
        up to EXPIRED_KEYS_REMOVED others that expired by the submission's time are deleted.
        Its messages are in the outbox.
        """
