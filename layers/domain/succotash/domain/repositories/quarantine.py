"""The port to digests of submissions in quarantine."""

from abc import ABC, abstractmethod
from datetime import datetime

from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.messages.quarantine import QuarantineDigest


class QuarantineRepository(ABC):
    """Digests of submissions in quarantine."""

    @abstractmethod
    def open_digests(self, until: datetime) -> list[QuarantineDigest]:
        """Begin a digest up to `until` for each form that has owners who want one; by form.

        It goes on from the form's last one, and from the beginning where there is none. Forms
        whose last one reaches as far are passed over, so of many who do this at once one gets a
        digest. Those that count nothing are not given, and the next one goes on from them.
        """

    @abstractmethod
    def get_quarantined(self, digest: QuarantineDigest, *, limit: int) -> list[FormSubmission]:
        """Submissions of a digest that are still in quarantine, those stored last first."""
