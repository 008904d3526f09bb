"""The port to the queue in which submissions wait for the storage."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol, override

from succotash.domain.intake.queued_submissions import Delivery
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Erasable, Forgotten


class Queueable(Protocol):
    """A message that can wait in the queue."""

    @property
    def group(self) -> str:
        """The same for those that are taken in the order they came in."""

    @property
    def deduplication_id(self) -> str:
        """The same for what is surely the same."""

    def as_text(self) -> str:
        """The message, in ASCII."""


class SubmissionQueue(Erasable):
    """A queue that keeps what it took, and gives it in order per group, at least once.

    It is encrypted where it keeps things. StorageUnavailableError where it does not answer.
    """

    @abstractmethod
    def enqueue(self, queued: Queueable) -> None:
        """Keep a submission, or what else is to be recorded; once this returns, it is not lost."""

    @abstractmethod
    def dead_letter(self, delivery: Delivery) -> None:
        """Keep, apart from the others, what could not be taken: those behind it go on."""

    @abstractmethod
    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        """Remove the person's submissions (`is_sent_by`) from those that were dead-lettered.

        Those of others keep their order within each group; where the search was not complete, a
        group may begin with what stood further back. What waits may be left to its consumer,
        who asks for the tombstone.
        """
