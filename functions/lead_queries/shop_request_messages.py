"""Requests about people's data that shops pass on, from the queue in which they waited."""

from succotash.container import Container
from succotash.http.queues import Handler, taking
from succotash.http.shop_events import queued_shop_event


def shop_request_messages(parts: Container) -> Handler:
    """The handler of a batch of SQS, with these parts; it names the messages to give again."""
    return taking(
        "lead_queries",
        queued_shop_event,
        lambda queued, has_time: parts.connectors.requests().take(queued, has_time),
        lambda report: {
            "erased": report.erased,
            "exported": report.exported,
            "unknown": report.unknown,
            "dead_lettered": report.dead_lettered,
        },
    )
