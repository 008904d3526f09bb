"""Messages of the outbox and digests of quarantines, of rows."""

from succotash.domain.messages.outbox import Backlog, OutboxMessage, TakenMessage
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.infrastructure.rows.row import Row


def message_of(row: Row) -> OutboxMessage:
    """A message."""
    return OutboxMessage(
        message_id=row["message_id"],
        kind=row["kind"],
        occurred_at=row.instant("occurred_at"),
        subject_id=row["subject_id"],
        form_id=row["form_id"],
        payload=row.json("payload"),
    )


def taken_message_of(row: Row) -> TakenMessage:
    """A message and its attempt."""
    return TakenMessage(message_of(row), row["attempts"], frozenset(row.json("delivered_to")))


def backlog_of(row: Row) -> Backlog:
    """What an outbox still holds."""
    return Backlog(
        waiting=row["waiting"],
        dead_lettered=row["dead_lettered"],
        oldest_at=row.optional_instant("oldest_at"),
    )


def digest_of(row: Row) -> QuarantineDigest:
    """A digest with the count of what it holds."""
    return QuarantineDigest(
        form_id=row["form_id"],
        since=row.optional_instant("since"),
        until=row.instant("until"),
        count=row["held"],
    )
