"""The port to the queue in which submissions wait for the storage."""

from abc import ABC, abstractmethod

from succotash.domain.parking import Delivery, ParkedSubmission


class SubmissionQueue(ABC):
    """A queue that keeps what it took, and gives it in order per group, at least once.

    It is encrypted where it keeps things. StorageUnavailableError where it does not answer.
    """

    @abstractmethod
    def park(self, parked: ParkedSubmission) -> None:
        """Keep a submission; once this returns, it is not lost."""

    @abstractmethod
    def set_aside(self, delivery: Delivery) -> None:
        """Keep, apart from the others, what could not be taken: those behind it go on."""
