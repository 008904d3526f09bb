"""The port to who was erased, and to what is kept about people in passing."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from datetime import datetime

from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.people.erasures import AnsweredRequest


class PeopleRepository(ABC):
    """Tombstones; remembered answers and messages by whom they are about.

    Those who store something about a person ask `find_erased` first, in the same transaction:
    then either they see that person's tombstone, or who erases sees what they stored.
    """

    @abstractmethod
    def bury(self, tombstones: Collection[str], at: datetime) -> None:
        """Keep the tombstones; of one that is known, the later instant counts.

        Waits until transactions end that asked about one of them; until this one ends, others that
        ask wait.
        """

    @abstractmethod
    def find_erased(self, tombstones: Collection[str]) -> dict[str, datetime]:
        """The tombstones that are stored, among these, with the time of the erasure."""

    @abstractmethod
    def get_answered_requests(self, canonical_email: str) -> list[AnsweredRequest]:
        """The answered requests that became this person's submissions; by scope, key."""

    @abstractmethod
    def get_messages_about(self, subject_ids: Collection[str]) -> list[OutboxMessage]:
        """Messages in the outbox about these submissions and leads, by time, then id."""
