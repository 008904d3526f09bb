"""The port to the messages that wait to be delivered."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime

from succotash.domain.outbox import Backlog, OutboxMessage, Settlement, TakenMessage
from succotash.domain.values import MessageId


class OutboxRepository(ABC):
    """Messages that wait, those delivered lately, and those set aside.

    Written in the transaction of what they tell of, so that neither is kept without the other.
    """

    @abstractmethod
    def append(self, messages: Sequence[OutboxMessage]) -> None:
        """Keep the messages, due from when they happened; a known id is left as it is."""

    @abstractmethod
    def take(self, at: datetime, until: datetime, *, limit: int) -> list[TakenMessage]:
        """Up to `limit` of the messages due at `at`, those due longest, by when they happened.

        They belong to the caller until `until` and are due again then unless settled before, so
        that no crash loses one. Two who take at the same time get different ones, and where
        transactions run side by side neither waits.
        """

    @abstractmethod
    def note_delivery(self, message_ids: Collection[MessageId], channel: str) -> set[MessageId]:
        """Note that this channel has the messages; those of which that was not noted yet."""

    @abstractmethod
    def withdraw_delivery(self, message_ids: Collection[MessageId], channel: str) -> None:
        """Take back what was noted: this channel surely does not have the messages.

        One that somebody else, trusting the note, settled as delivered meanwhile waits again.
        """

    @abstractmethod
    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Note how attempts went.

        One whose message was taken again since, or is gone, changes nothing; nor does a delivery
        that trusted a note which was taken back since: its message waits on.
        """

    @abstractmethod
    def count_backlog(self) -> Backlog:
        """How many messages wait, and how many are set aside."""

    @abstractmethod
    def put_back(self, at: datetime) -> int:
        """Make everything that was set aside due at `at`, with all its attempts; how many."""

    @abstractmethod
    def forget_delivered(self, before: datetime, *, limit: int) -> int:
        """Delete up to `limit` messages delivered before an instant; how many."""

    @abstractmethod
    def forget_subjects(self, subject_ids: Collection[str]) -> int:
        """Delete every message about these submissions, leads or runs; how many."""
