"""What the rest of the company is told: messages written with what they tell of, sent afterwards.

A message carries ids and never what somebody answered: whoever may know more asks the API for it,
and what was erased is nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from succotash.domain.values import FormId, Json, MessageId


class MessageKind(StrEnum):
    """What can have happened. Consumers must pass over kinds they do not know."""

    SUBMISSION_ACCEPTED = "submission.accepted"
    SUBMISSION_QUARANTINED = "submission.quarantined"
    SUBMISSION_DUPLICATE = "submission.duplicate"
    LEAD_CREATED = "lead.created"
    LEAD_UPDATED = "lead.updated"
    LEAD_STATUS_CHANGED = "lead.status_changed"
    SCORING_FINISHED = "scoring.finished"


class Channel(StrEnum):
    """A way out, with a record of its own of what went through it."""

    BUS = "bus"
    OWNERS = "owners"
    """E-mail to the addresses that a form names."""


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """Something that happened, to be told at least once."""

    message_id: MessageId
    kind: str
    """A MessageKind; one that a later release writes is passed on all the same."""
    occurred_at: datetime
    subject_id: str
    """The submission, lead or run it is about."""
    form_id: FormId | None = None
    payload: Mapping[str, Json] = field(default_factory=dict)
    """Ids, states and numbers."""


@dataclass(frozen=True, slots=True)
class TakenMessage:
    """A message, given to one that delivers it."""

    message: OutboxMessage
    attempt: int
    """Counts from 1."""
    delivered_to: frozenset[str] = frozenset()
    """Channels that have it already, or may have it and must not get it twice."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt went: it is delivered, or fails until `due_at`, or for good without one."""

    taken: TakenMessage
    at: datetime
    error: str | None = None
    """The failure's kind, without anybody's data; None where all channels have the message."""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What an outbox still holds."""

    waiting: int
    set_aside: int
    oldest_at: datetime | None
    """When the oldest of those that wait happened."""


@dataclass(frozen=True, slots=True)
class Patience:
    """When a message that failed is tried again, and when it is set aside."""

    attempts: int = 12
    first_pause: timedelta = timedelta(seconds=30)
    longest_pause: timedelta = timedelta(hours=2)

    def next_attempt(self, attempt: int, at: datetime) -> datetime | None:
        """The instant of the next attempt after this many failed; None where it was the last.

        Pauses double. The default's twelve attempts span eight hours.
        """
        if attempt >= self.attempts:
            return None
        doubled: timedelta = self.first_pause * 2 ** (attempt - 1)
        return at + min(self.longest_pause, doubled)
