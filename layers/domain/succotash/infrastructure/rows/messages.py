"""Messages of the outbox and digests of quarantines, of rows."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from succotash.domain.messages.delivery import DeliveryOutcome, PendingDelivery
from succotash.domain.messages.outbox import (
    UNNAMED,
    AnsweredMessage,
    Backlog,
    OutboxMessage,
    RefusedDelivery,
    TakenMessage,
)
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
    return TakenMessage(
        message_of(row), row["attempts"], frozenset(row.json("delivered_to")), row["unanswered"]
    )


def answered_messages_of(rows: Iterable[Row]) -> list[AnsweredMessage]:
    """Messages, of a row for each delivery that was refused, or of one row without any."""
    return [
        _answered_message_of(list(of_message))
        for _, of_message in groupby(rows, key=lambda row: str(row["message_id"]))
    ]


def last_of_each(outcomes: Sequence[DeliveryOutcome]) -> Sequence[DeliveryOutcome]:
    """One outcome of each job, the last one given."""
    return list({each.job_id: each for each in outcomes}.values())


def _answered_message_of(rows: Sequence[Row]) -> AnsweredMessage:
    refused = [_refused_delivery_of(row) for row in rows if row["refused_channel"] is not None]
    return AnsweredMessage(taken_message_of(rows[0]), tuple(refused))


def _refused_delivery_of(row: Row) -> RefusedDelivery:
    pending = PendingDelivery(
        job_id=row["refused_job_id"],
        message_id=row["message_id"],
        channel=row["refused_channel"],
        kind=row["refused_kind"],
        attempt=row["refused_attempt"],
        handed_over_at=row.instant("refused_handed_over_at"),
        recipient=row["refused_recipient"],
    )
    return RefusedDelivery(pending, row["refused_reason"] or UNNAMED)


def backlog_of(row: Row) -> Backlog:
    """The messages that an outbox still holds, counted."""
    return Backlog(
        waiting=row["waiting"],
        dead_lettered=row["dead_lettered"],
        oldest_at=row.optional_instant("oldest_at"),
        uncertain=row["uncertain"],
    )


def digest_of(row: Row) -> QuarantineDigest:
    """A digest with the count of what it holds."""
    return QuarantineDigest(
        form_id=row["form_id"],
        since=row.optional_instant("since"),
        until=row.instant("until"),
        count=row["held"],
    )
