"""Submissions that come from the queue in which they waited for the storage."""

from succotash.container import Container
from succotash.domain.intake.queued_submissions import Delivery
from succotash.http.queues import Handler, Record, taking


def queued_messages(parts: Container) -> Handler:
    """The handler of a batch of SQS, with these parts; it names the messages to give again."""
    return taking(
        "form_intake",
        _delivery,
        lambda deliveries, has_time: parts.get_queued_intake().take(deliveries, has_time),
        lambda outcome: {
            "taken": outcome.taken,
            "discarded": outcome.discarded,
            "dead_lettered": outcome.dead_lettered,
        },
    )


def _delivery(record: Record) -> Delivery:
    return Delivery(
        message_id=record["messageId"],
        group=record["attributes"]["MessageGroupId"],
        text=record["body"],
        receives=int(record["attributes"]["ApproximateReceiveCount"]),
    )
