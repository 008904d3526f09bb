"""The port to the queue in which submissions wait for the storage."""

from abc import abstractmethod
from collections.abc import Callable
from typing import override

from succotash.domain.intake.queued_submissions import Delivery, QueuedSubmission
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Erasable, Forgotten


class SubmissionQueue(Erasable):
    """A queue that keeps what it took, and gives it in order per group, at least once.

    It is encrypted where it keeps things. StorageUnavailableError where it does not answer.
    """

    @abstractmethod
    def enqueue(self, queued: QueuedSubmission) -> None:
        """Keep a submission; once this returns, it is not lost."""

    @abstractmethod
    def dead_letter(self, delivery: Delivery) -> None:
        """Keep, apart from the others, what could not be taken: those behind it go on."""

    @abstractmethod
    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        """Remove the person's submissions (`is_sent_by`) from those that were set aside.

        Those of others keep their order within each group; where the search was not complete, a
        group may begin with what stood further back. What waits may be left to its consumer,
        who asks for the tombstone.
        """
