"""The port to the messages that wait to be delivered."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime

from succotash.domain.messages.delivery import DeliveryOutcome, PendingDelivery
from succotash.domain.messages.outbox import (
    AnsweredMessage,
    Backlog,
    MailNote,
    OutboxMessage,
    Settlement,
    TakenMessage,
)
from succotash.domain.values import MessageId


class OutboxRepository(ABC):
    """Messages that wait, those delivered lately, and those dead-lettered; mails counted lately.

    Written in the transaction of what they tell of, so that neither is kept without the other.
    Recipients are named by a keyed digest, never by an address.
    """

    @abstractmethod
    def append(self, messages: Sequence[OutboxMessage]) -> None:
        """Keep the messages, due from when they happened; a known id is left as it is."""

    @abstractmethod
    def take(self, at: datetime, until: datetime, *, limit: int) -> list[TakenMessage]:
        """Up to `limit` of the messages due at `at`, those due longest, by when they happened.

        They belong to the caller until `until` and are due again then unless settled before, so
        that no crash loses one. Two who take at the same time get different ones, and where
        transactions run side by side neither waits. What was handed over for them before and
        never answered, and must not happen twice (`AT_MOST_ONCE`), is uncertain from now on;
        what was refused is forgotten.
        """

    @abstractmethod
    def hand_over(self, deliveries: Sequence[PendingDelivery], until: datetime) -> None:
        """Note that jobs for these are about to be handed over, each instead of an earlier one.

        Their messages are due again at `until`, unless settled before. What belongs to a message
        that is gone is passed over.
        """

    @abstractmethod
    def answer(self, outcomes: Sequence[DeliveryOutcome], at: datetime) -> list[AnsweredMessage]:
        """Note the outcome of jobs, each once; their messages that wait for no job any more.

        An outcome counts that comes after its delivery was found uncertain, and none of a job
        that another one replaced. What was delivered is noted. What was refused is noted no
        longer, and is given with its message until that is taken again; its recipient is given
        once. Where several answer at once for a message, the last one is given it.
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
    def note_mail(
        self, message_id: MessageId, channel: str, recipient: str, at: datetime, *, limit: int
    ) -> MailNote:
        """Note a delivery, as `note_delivery` does, and count it as a mail to the recipient.

        Where `limit` mails to the recipient were counted within MAIL_WINDOW before `at`, it is
        noted and not counted. However many note at once, no more than the limit are counted.
        KNOWN also where the message is gone.
        """

    @abstractmethod
    def withdraw_mail(
        self, message_id: MessageId, channel: str, recipient: str, at: datetime
    ) -> None:
        """Take back what was noted and counted at `at`: the mail was surely not sent."""

    @abstractmethod
    def get_mails(self, recipients: Collection[str]) -> list[datetime]:
        """When the mails counted for these recipients were sent, oldest first."""

    @abstractmethod
    def forget_mails(self, at: datetime) -> int:
        """Delete what was counted for recipients without a mail in the window; how many."""

    @abstractmethod
    def forget_recipients(self, recipients: Collection[str]) -> int:
        """Delete what was counted for these recipients; how many of them."""

    @abstractmethod
    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Note how attempts went; one that does not count is not an attempt.

        One whose message was taken again since, or is gone, changes nothing; nor does a delivery
        that trusted a note which was taken back since: its message waits on.
        """

    @abstractmethod
    def count_backlog(self) -> Backlog:
        """Count the messages that wait, and those that are dead-lettered."""

    @abstractmethod
    def redrive(self, at: datetime) -> int:
        """Make everything that was dead-lettered due at `at`, with all its attempts; how many."""

    @abstractmethod
    def forget_delivered(self, before: datetime, *, limit: int) -> int:
        """Delete up to `limit` messages delivered before an instant; how many."""

    @abstractmethod
    def forget_subjects(self, subject_ids: Collection[str]) -> int:
        """Delete every message about these submissions, leads or runs; how many."""
