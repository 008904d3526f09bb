"""The port to submissions in quarantine: digests of them, and those that await a challenge."""

from abc import ABC, abstractmethod
from datetime import datetime

from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.messages.quarantine import QuarantineDigest


class QuarantineRepository(ABC):
    """Digests of submissions in quarantine, and those that await a challenge."""

    @abstractmethod
    def open_digests(self, until: datetime) -> list[QuarantineDigest]:
        """Begin a digest up to `until` for each form that has owners who want one; by form.

        It goes on from the form's last one, and without one from the beginning. Forms
        whose last one reaches as far are passed over, so of many who do this at once one gets a
        digest. Those that count nothing are not given, and the next one goes on from them.
        """

    @abstractmethod
    def end_challenges(self, before: datetime, *, limit: int) -> list[FormSubmission]:
        """Note of submissions stored before an instant that their challenges went unchecked.

        Those are up to `limit` that await them; as they are now, oldest first. One that somebody
        settles meanwhile is passed over.
        """

    @abstractmethod
    def get_quarantined(self, digest: QuarantineDigest, *, limit: int) -> list[FormSubmission]:
        """Submissions of a digest that are still in quarantine, those stored last first."""
